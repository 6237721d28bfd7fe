import { uniforms } from '@scorebridge/runtime';
import * as tf from '@tensorflow/tfjs';
import { beforeAll, expect, test } from 'vitest';
import { ParameterScope } from '../models/parameter-scope.js';
import { dropout } from './dropout.js';

beforeAll(async () => {
  await tf.setBackend('cpu');
});

test('drops where the uniform number lies below the rate and scales the rest', () => {
  const scope = new ParameterScope();
  const drop = dropout(scope.at('a'), { shape: [50], rate: 0.3 });
  expect(scope.dropoutSites).toEqual([{ name: 'a', shape: [50] }]);
  const u = uniforms(new Float32Array(100), { seed: 1 });
  const y = drop(tf.fill([2, 50], 7), (site) => {
    expect(site).toBe('a');
    return tf.tensor2d(u, [2, 50]);
  });
  y.dataSync().forEach((value, i) => expect(value).toBeCloseTo(u[i]! < 0.3 ? 0 : 10, 5));
  expect(u.filter((value) => value < 0.3).length).toBeGreaterThan(10);
});

test('is the identity without a source of numbers, and takes none at rate 0', () => {
  const scope = new ParameterScope();
  const x = tf.tensor1d([1, 2]);
  expect(dropout(scope.at('a'), { shape: [2], rate: 0.3 })(x)).toBe(x);
  const none = new ParameterScope();
  expect(dropout(none.at('a'), { shape: [2], rate: 0 })(x)).toBe(x);
  expect(none.dropoutSites).toEqual([]);
});
