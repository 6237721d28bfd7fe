import * as tf from '@tensorflow/tfjs';
import { beforeAll, expect, test } from 'vitest';
import { ParameterScope } from '../models/parameter-scope.js';
import { embedding } from './embedding.js';

beforeAll(async () => {
  await tf.setBackend('cpu');
});

test('looks rows up, and adds the gradients of a row that is looked up twice', () => {
  const look = embedding(new ParameterScope().at('label'), { rows: 4, width: 2 });
  const table = tf.tensor2d([0, 1, 10, 11, 20, 21, 30, 31], [4, 2]);
  const label = tf.tensor1d([3, 1, 3], 'int32');
  const apply = (table: tf.Tensor) => look({ 'label/table': table }, label);
  expect(apply(table).arraySync()).toEqual([
    [30, 31],
    [10, 11],
    [30, 31],
  ]);
  const dy = tf.tensor2d([1, 2, 3, 4, 5, 6], [3, 2]);
  expect(tf.grad(apply)(table, dy).arraySync()).toEqual([
    [0, 0],
    [3, 4],
    [0, 0],
    [6, 8],
  ]);
});
