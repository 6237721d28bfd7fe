import {
  CARD_FORMAT,
  CardError,
  createSession,
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
