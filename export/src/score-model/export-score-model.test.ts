import {
  CARD_FORMAT,
  CardError,
  createSession,
  loadModel,
  ModelError,
  readCard,
  readMetadata,
  VERSION,
  type ModelCard,
} from '@scorebridge/runtime';
import * as tf from '@tensorflow/tfjs';
import { Tensor } from 'onnxruntime-common';
import { beforeAll, expect, test } from 'vitest';
import { exportScoreModel, type ScoreFunction } from './export-score-model.js';
import { exportScoreVjp } from './export-score-vjp.js';

const card: ModelCard = {
  format: CARD_FORMAT,
  name: 'energy',
  shape: [4],
  layout: 'flat',
  valueRange: [-1, 1],
  process: { kind: 've', schedule: { name: 'geometric', sigmaMax: 1, sigmaMin: 0.01, L: 10 } },
  parametrisation: 'score',
  classes: { count: 3, unconditional: null },
  ema: null,
  dataset: { name: 'none', licence: 'none' },
  seed: 0,
  step: 0,
  engine: 'none',
  scorebridge: VERSION,
  command: 'none',
  figures: {},
};
const centres = [
  [1, 0, 0, 0],
  [0, 1, 0, 0],
  [0, 0, 1, 0],
];

/** The energy |x - c_label|^2 / (2 level^2) and its score (c_label - x) / level^2, by differentiation. */
const gaussian: ScoreFunction = (x, level, label) => {
  const energies = (x: tf.Tensor) => {
    const difference = tf.sub(x, tf.gather(tf.tensor2d(centres), label!));
    return tf.div(tf.sum(tf.square(difference), 1), tf.mul(2, tf.square(level)));
  };
  return { prediction: tf.neg(tf.grad((x) => tf.sum(energies(x)))(x)), energy: energies(x) };
};

beforeAll(async () => {
  await tf.setBackend('cpu');
});

test('an energy model: card, energy, and the score as its gradient', async () => {
  const { model } = exportScoreModel(gaussian, card, { metadata: { note: 'kept' } });
  expect(readCard(model)).toEqual(card);
  expect(readMetadata(model)['note']).toBe('kept');
  const { session } = await createSession(model, { provider: 'cpu' });
  expect([session.inputNames, session.outputNames]).toEqual([
    ['x', 'level', 'label'],
    ['prediction', 'energy'],
  ]);
  const { prediction, energy } = await session.run({
    x: new Tensor('float32', [0.5, 0, 0, 0, 0, 0, 0, 2], [2, 4]),
    level: new Tensor('float32', [1, 0.5], [2]),
    label: new Tensor('int32', [0, 2], [2]),
  });
  await session.release();
  expect([...(prediction!.data as Float32Array)].map((v) => v + 0)).toEqual([0.5, 0, 0, 0, 0, 0, 4, -8]);
  expect([...(energy!.data as Float32Array)]).toEqual([0.125, 10]);
});

test('a learned variance becomes an output of its own', async () => {
  const { model } = exportScoreModel((x) => ({ prediction: x, varianceShare: tf.mul(x, 2) }), {
    ...card,
    classes: null,
  });
  const { session } = await createSession(model, { provider: 'cpu' });
  expect(session.outputNames).toEqual(['prediction', 'variance_share']);
  const { variance_share } = await session.run({
    x: new Tensor('float32', [1, 2, 3, 4], [1, 4]),
    level: new Tensor('float32', [1], [1]),
  });
  await session.release();
  expect([...(variance_share!.data as Float32Array)]).toEqual([2, 4, 6, 8]);
});

test('what does not fit the card is refused before anything is written', () => {
  expect(() => exportScoreModel((x) => tf.sum(x, 1), card)).toThrow(
    "The model's prediction has shape [3] where [3, 4] was expected.",
  );
  expect(() => exportScoreModel((x) => ({ prediction: x, energy: tf.sum(x) }), card)).toThrow(
    "The model's energy has shape [] where [3] was expected.",
  );
  expect(() => exportScoreModel((x) => ({ prediction: x, varianceShare: tf.sum(x) }), card)).toThrow(
    "The model's variance_share has shape [] where [3, 4] was expected.",
  );
  expect(() => exportScoreModel(gaussian, { ...card, shape: [] })).toThrow(CardError);
});

test('the vector-Jacobian product of that score, in any batch: -v / level^2', async () => {
  const { model } = exportScoreVjp(gaussian, card);
  expect(readCard(model)).toEqual(card);
  const { session } = await createSession(model, { provider: 'cpu' });
  expect([session.inputNames, session.outputNames]).toEqual([
    ['x', 'level', 'label', 'v'],
    ['vjp', 'prediction'],
  ]);
  for (const B of [1, 3]) {
    const level = [0.5, 2, 1].slice(0, B);
    const x = Float32Array.from({ length: 4 * B }, (_, i) => Math.sin(i));
    const v = x.map((value) => value ** 2 - 0.3);
    const label = Int32Array.from({ length: B }, (_, i) => i);
    const { vjp, prediction } = await session.run({
      x: new Tensor('float32', x, [B, 4]),
      level: new Tensor('float32', Float32Array.from(level), [B]),
      label: new Tensor('int32', label, [B]),
      v: new Tensor('float32', v, [B, 4]),
    });
    v.forEach((value, i) => {
      const square = level[Math.floor(i / 4)]! ** 2;
      expect(vjp!.data[i]).toBeCloseTo(-value / square, 5);
      expect(prediction!.data[i]).toBeCloseTo((centres[Math.floor(i / 4)]![i % 4]! - x[i]!) / square, 5);
    });
  }
  await session.release();
});

/** eps of N(m, 1/4) under the noise of the card, in a power that makes its Jacobian no constant. */
const curved =
  (m: number): ScoreFunction =>
  (x, level) =>
    tf.tanh(tf.div(tf.sub(x, tf.tensor1d([m, 0.1, 0.2, 0.3])), tf.reshape(tf.add(level, 1), [-1, 1])));

test('the runtime loads a model and its product as a pair, and the product is that of differences', async () => {
  const plain = { ...card, classes: null };
  const written = exportScoreModel(curved(0.5), plain).model;
  const model = await loadModel(written, {
    provider: 'cpu',
    vjp: exportScoreVjp(curved(0.5), plain).model,
  });
  const x = Float32Array.of(0.4, -0.2, 0.9, 0.1, -0.5, 0.3, 0, 0.8);
  const v = Float32Array.of(1, -1, 0.5, 2, -0.3, 1, 1, -1);
  const level = Float32Array.of(0.3, 0.7);
  const { prediction, vjp } = await model.vjp!(x, level, v);
  const predicted = await model.predict(x, level);
  prediction.forEach((value, i) => expect(value).toBeCloseTo(predicted[i]!, 6));
  for (let i = 0; i < 8; i++) {
    const [ahead, behind] = [1e-2, -1e-2].map((h) => x.map((value, j) => value + (i === j ? h : 0)));
    const [plus, minus] = [await model.predict(ahead!, level), await model.predict(behind!, level)];
    const difference = plus.reduce((sum, value, j) => sum + (v[j]! * (value - minus[j]!)) / 2e-2, 0);
    expect(vjp[i]!, `number ${i}`).toBeCloseTo(difference, 3);
  }
  await expect(model.vjp!(x, level, v.subarray(1))).rejects.toThrow(
    'v has 7 numbers; expected 8, as many as x.',
  );
  await model.release();
  await expect(model.vjp!(x, level, v)).rejects.toThrow('The model was released');

  const other = exportScoreVjp(curved(0.6), { ...plain, name: 'another', step: 7 }).model;
  const refused = loadModel(written, { vjp: other });
  await expect(refused).rejects.toBeInstanceOf(ModelError);
  await expect(refused).rejects.toThrow(
    /is of another model: it is of another after 7 steps \(weights [0-9a-f]{8}\), the model is energy after 0 steps/,
  );
  await expect(loadModel(written, { vjp: written })).rejects.toThrow("it has no 'v'; export one with");
});
