import * as tf from '@tensorflow/tfjs';
import { beforeAll, expect, test } from 'vitest';
import type { Network } from '../models/network.js';
import { unet } from '../models/unet.js';
import { numbersPerSample } from './numbers-per-sample.js';

beforeAll(() => tf.setBackend('cpu'));

test('counts what every operation makes of one sample, and keeps nothing', () => {
  const network: Network = {
    specs: [{ name: 'w', shape: [3], init: () => new Float32Array(3) }],
    // 6 + 6 + 2 numbers of [2, 3]
    apply: (_, x) => tf.sum(tf.exp(tf.mul(x, x)), 2),
  };
  const tensors = tf.memory().numTensors;
  expect(numbersPerSample(network, [2, 3])).toBe(14);
  expect(tf.memory().numTensors).toBe(tensors);
});

test('grows with the number of pixels', () => {
  const of = (side: number) =>
    numbersPerSample(unet({ shape: [side, side, 1], base: 16, classes: 10 }), [side, side, 1]);
  const [small, large] = [of(16), of(64)];
  expect(large / small).toBeGreaterThan(10);
  expect(large / small).toBeLessThan(16);
});
