import { normals } from '@scorebridge/runtime';
import * as tf from '@tensorflow/tfjs';
import { beforeAll, expect, test } from 'vitest';
import { classifier, logitsNetwork } from './classifier.js';
import { initialise, parameterCount, unpack } from './parameters.js';

beforeAll(async () => {
  await tf.setBackend('cpu');
});

test('digits: logits of 10 classes, 128 features, less than 1 MB of weights', () => {
  const judge = classifier({ shape: [28, 28, 1], classes: 10 });
  expect(4 * parameterCount(judge.specs)).toBeLessThan(1e6);
  const p = unpack(tf.tensor1d(initialise(judge.specs, 1)), judge.specs);
  const x = tf.tensor(normals(new Float32Array(2 * 784), { seed: 1 }), [2, 28, 28, 1]);
  const { logits, features } = judge.apply(p, x);
  expect(logits.shape).toEqual([2, 10]);
  expect(features.shape).toEqual([2, 128]);
  const expected = tf.add(tf.matMul(features, p['logits/kernel'] as tf.Tensor2D), p['logits/bias']!);
  expect(logits.arraySync()).toEqual(expected.arraySync());
  const network = logitsNetwork(judge);
  expect(network.apply(p, x, tf.zeros([2])).arraySync()).toEqual(logits.arraySync());
  // The two images are told apart, and all of an image counts, its last row and column too.
  expect(logits.arraySync()[0]).not.toEqual(logits.arraySync()[1]);
  const corner = tf.mul(
    x,
    tf.sub(
      1,
      tf.pad(tf.ones([1, 1, 1, 1]), [
        [0, 0],
        [27, 0],
        [27, 0],
        [0, 0],
      ]),
    ),
  );
  expect(judge.apply(p, corner).logits.arraySync()).not.toEqual(logits.arraySync());
});

test('images that are too small are refused', () => {
  expect(() => classifier({ shape: [10, 28, 1], classes: 10 })).toThrow(/11 x 11 pixels; these are 10 x 28/);
  const smallest = classifier({ shape: [11, 12, 3], classes: 2 });
  const p = unpack(tf.tensor1d(initialise(smallest.specs, 1)), smallest.specs);
  expect(smallest.apply(p, tf.ones([1, 11, 12, 3])).logits.shape).toEqual([1, 2]);
});
