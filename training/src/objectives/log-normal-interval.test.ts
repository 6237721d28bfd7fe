import { uniforms } from '@scorebridge/runtime';
import * as tf from '@tensorflow/tfjs';
import { beforeAll, expect, test } from 'vitest';
import { logNormalInterval as exact } from '../evaluation/normal-interval.js';
import { logNormalInterval } from './log-normal-interval.js';

beforeAll(async () => {
  await tf.setBackend('cpu');
});

const seed = 12;
const N = 4000;

/** Intervals from hair-thin to wide, near the middle and far out on either side. */
const intervals = () => {
  const u = uniforms(new Float32Array(2 * N), { seed });
  const middle = Array.from({ length: N }, (_, i) => (i % 2 ? 60 : 4) * (2 * u[2 * i]! - 1));
  const half = Array.from({ length: N }, (_, i) => 10 ** (-1.5 + 2 * u[2 * i + 1]!));
  return {
    a: middle.map((m, i) => Math.fround(m - half[i]!)),
    b: middle.map((m, i) => Math.fround(m + half[i]!)),
  };
};

test('is the float64 form, in the tails too', () => {
  const { a, b } = intervals();
  const found = logNormalInterval(tf.tensor1d(a), tf.tensor1d(b)).dataSync();
  a.forEach((_, i) => {
    const expected = exact(a[i]!, b[i]!);
    // A float32 of z^2 / 2 is off by 6e-8 of it, and a thin interval is the difference of two such.
    const size = (Math.min(Math.abs(a[i]!), Math.abs(b[i]!)) ** 2 / 2 + 4) * 2e-7;
    const tolerance = size * (1 + 2 / Math.min(1, b[i]! - a[i]!));
    expect(Math.abs(found[i]! - expected), `(${a[i]}, ${b[i]}), seed ${seed}`).toBeLessThan(tolerance);
  });
});

test('its gradient is the density at the ends over the probability, and an endless end has none', () => {
  const density = (z: number) => Math.exp(-(z * z) / 2) / Math.sqrt(2 * Math.PI);
  for (const [a, b] of [
    [-0.3, 0.4],
    [1.2, 2],
    [-3, -2.5],
    [-40, -1],
    [0.7, 40],
    [8, 8.5],
  ] as const) {
    const [da, db] = tf.grads((a: tf.Tensor, b: tf.Tensor) => logNormalInterval(a, b))([
      tf.scalar(a),
      tf.scalar(b),
    ]) as [tf.Tensor, tf.Tensor];
    const p = Math.exp(exact(a, b));
    for (const [found, expected] of [
      [da, -density(a) / p],
      [db, density(b) / p],
    ] as const)
      expect(Math.abs(found.dataSync()[0]! - expected), `${a}, ${b}`).toBeLessThan(
        2e-4 * Math.max(1, Math.abs(expected)),
      );
  }
});
