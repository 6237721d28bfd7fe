import { normals } from '@scorebridge/runtime';
import * as tf from '@tensorflow/tfjs';
import { beforeAll, expect, test } from 'vitest';
import { adamw, type AdamWState } from './adamw.js';
import { clipByNorm } from './clip-by-norm.js';
import { emaDecayAt, emaUpdate, halfLifeDecayAt } from './ema.js';

beforeAll(async () => {
  await tf.setBackend('cpu');
});

const seed = 6;
const n = 20;
const draw = (sample: number) => normals(new Float32Array(n), { seed, sample });

function expectClose(actual: tf.Tensor, expected: number[], what: string) {
  actual
    .dataSync()
    .forEach((value, i) =>
      expect(Math.abs(value - expected[i]!), `${what} ${i}, seed ${seed}`).toBeLessThan(
        3e-6 * (1 + Math.abs(expected[i]!)),
      ),
    );
}

test('thirty steps agree with the algorithm in float64, where PyTorch puts epsilon and the decay', () => {
  const [beta1, beta2, epsilon, learningRate, weightDecay] = [0.8, 0.99, 1e-3, 0.05, 0.1];
  const decay = Float32Array.from({ length: n }, (_, i) => (i % 2) * weightDecay);
  let state: AdamWState = {
    parameters: tf.tensor1d(draw(0)),
    firstMoment: tf.zeros([n]),
    secondMoment: tf.zeros([n]),
  };
  const [w, m, v] = [Array.from(draw(0)), Array<number>(n).fill(0), Array<number>(n).fill(0)];
  for (let k = 1; k <= 30; k++) {
    const g = draw(k);
    const scalars = {
      learningRate: tf.scalar(learningRate),
      correction1: tf.scalar(1 - beta1 ** k),
      correction2: tf.scalar(1 - beta2 ** k),
    };
    const options = { beta1, beta2, epsilon };
    state = adamw(state, tf.tensor1d(g), scalars, tf.tensor1d(decay), options);
    for (let i = 0; i < n; i++) {
      w[i]! *= 1 - learningRate * decay[i]!;
      m[i] = beta1 * m[i]! + (1 - beta1) * g[i]!;
      v[i] = beta2 * v[i]! + (1 - beta2) * g[i]! ** 2;
      w[i]! -= (learningRate * (m[i]! / (1 - beta1 ** k))) / (Math.sqrt(v[i]! / (1 - beta2 ** k)) + epsilon);
    }
  }
  expectClose(state.parameters, w, 'parameter');
  expectClose(state.firstMoment, m, 'first moment');
  expectClose(state.secondMoment, v, 'second moment');
});

test('clipByNorm scales a long gradient to the limit and leaves a short one as it is', () => {
  const long = clipByNorm(tf.tensor1d([3, -4]), 1);
  expect(long.norm.dataSync()[0]).toBeCloseTo(5, 5);
  expectClose(long.clipped, [0.6, -0.8], 'element');
  const short = clipByNorm(tf.tensor1d([0.3, -0.4]), 1);
  expectClose(short.clipped, [0.3, -0.4], 'element');
  expectClose(clipByNorm(tf.zeros([2]), 1).clipped, [0, 0], 'element');
});

test('the moving average keeps its decay of itself, and less of it at the start', () => {
  expectClose(emaUpdate(tf.tensor1d([1, 2]), tf.tensor1d([3, -2]), tf.scalar(0.75)), [1.5, 1], 'element');
  expect(emaDecayAt(1, 0.999)).toBe(2 / 11);
  expect(emaDecayAt(100_000, 0.999)).toBe(0.999);
});

test('a half-life is kept once twenty times as many steps have been taken, and is shorter before', () => {
  expect(halfLifeDecayAt(1, 50)).toBe(0);
  // After 100 steps half is forgotten in 5 more; after 1,000 or more, in 50.
  expect(halfLifeDecayAt(101, 50) ** 5).toBeCloseTo(0.5, 12);
  expect(halfLifeDecayAt(1001, 50) ** 50).toBeCloseTo(0.5, 12);
  expect(halfLifeDecayAt(100_000, 50) ** 50).toBeCloseTo(0.5, 12);
});
