import * as tf from '@tensorflow/tfjs';
import { Tensor } from 'onnxruntime-common';
import { beforeAll, expect, test } from 'vitest';
import { crossEntropy } from './cross-entropy.js';

beforeAll(async () => {
  await tf.setBackend('cpu');
});

const label = new Tensor('int32', Int32Array.of(2, 0), [2]);
const images = (n: number, side: number) =>
  new Tensor(
    'float32',
    Float32Array.from({ length: n * side * side }, (_, i) => i % (side * side)),
    [n, side, side, 1],
  );

test('is the mean of -log softmax at the label, for large logits too', () => {
  const { draw, loss } = crossEntropy({ classes: 3 });
  const inputs = draw({ x: images(2, 2), label }, { seed: 1, step: 1 });
  const logits = [
    [1, -2, 0.5],
    [500, 503, 490],
  ];
  const value = loss(() => tf.tensor2d(logits), {
    x: tf.zeros([2, 2, 2, 1]),
    target: tf.tensor2d(inputs.target!.data as Float32Array, [2, 3]),
  });
  const first = Math.log(Math.exp(1) + Math.exp(-2) + Math.exp(0.5)) - 0.5;
  const second = 3 + Math.log1p(Math.exp(-3) + Math.exp(-13));
  expect(value.dataSync()[0]).toBeCloseTo((first + second) / 2, 5);
});

test('missing and unknown labels are refused', () => {
  const { draw } = crossEntropy({ classes: 2 });
  expect(() => draw({ x: images(2, 2) }, { seed: 1, step: 1 })).toThrow(/needs labels/);
  expect(() => draw({ x: images(2, 2), label }, { seed: 1, step: 1 })).toThrow(/label 2; the classifier/);
});
