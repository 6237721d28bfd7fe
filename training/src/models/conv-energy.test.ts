import { normals } from '@scorebridge/runtime';
import * as tf from '@tensorflow/tfjs';
import { beforeAll, expect, test } from 'vitest';
import { convEnergy } from './conv-energy.js';
import { energyModel } from './energy.js';
import { initialise, unpack } from './parameters.js';

beforeAll(async () => {
  await tf.setBackend('cpu');
});

const seed = 19;
const [B, shape] = [3, [6, 5, 2] as const];
const size = 60;
const draw = (sample: number) =>
  tf.tensor(normals(new Float32Array(B * size), { seed, sample }), [B, ...shape]);
const level = tf.tensor1d([0.1, 0.5, 2]);

test.each([
  ['that sees the level', { levelScale: 'log', outputScale: 'sigma' }],
  ['that does not', { embedding: 0 }],
] as const)('an energy %s: the score is minus its slope', (_, options) => {
  const model = energyModel(convEnergy({ shape, channels: [8, 12], ...options }));
  const p = unpack(tf.tensor1d(initialise(model.specs, seed).map((w) => 3 * w)), model.specs);
  const [x, direction] = [draw(0), draw(1)];
  const score = model.apply(p, x, level);
  expect(score.shape).toEqual([B, ...shape]);
  const h = 5e-3;
  const at = (step: number) => model.energy(p, tf.add(x, tf.mul(step, direction)), level).dataSync();
  const [plus, minus] = [at(h), at(-h)];
  const along = tf.sum(tf.reshape(tf.mul(score, direction), [B, size]), 1).dataSync();
  along.forEach((s, i) => {
    const slope = (plus[i]! - minus[i]!) / (2 * h);
    expect(Math.abs(s + slope), `sample ${i}, seed ${seed}`).toBeLessThan(0.01 * Math.abs(slope) + 1e-3);
  });
  const [a, b] = [model.energy(p, x, level), model.energy(p, x, tf.add(level, 1))].map((f) => f.arraySync());
  if ('embedding' in options) expect(a).toEqual(b);
  else expect(a).not.toEqual(b);
});

test('an energy with classes depends on the label, and asks for one', () => {
  const model = energyModel(convEnergy({ shape, channels: [8, 12], classes: 2 }));
  const p = unpack(tf.tensor1d(initialise(model.specs, seed).map((w) => 3 * w)), model.specs);
  const of = (...label: number[]) =>
    model.energy(p, draw(0), level, tf.tensor1d(label, 'int32')).arraySync() as number[];
  const [a, b] = [of(0, 1, 2), of(0, 2, 2)];
  expect([a[0], a[2]]).toEqual([b[0], b[2]]);
  expect(Math.abs(a[1]! - b[1]!)).toBeGreaterThan(1e-3);
  expect(() => model.energy(p, draw(0), level)).toThrow(
    'This energy has 2 classes: give a label (2 for "no label").',
  );
});

test('options that make no network are refused', () => {
  expect(() => convEnergy({ shape, channels: [] })).toThrow(/channels is empty/);
  expect(() => convEnergy({ shape, embedding: 3 })).toThrow(/embedding is 3; expected an even number, or 0/);
  expect(() => convEnergy({ shape, embedding: 0, classes: 2 })).toThrow(
    /embedding is 0, with which an energy sees no label/,
  );
});
