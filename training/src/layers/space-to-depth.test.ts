import * as tf from '@tensorflow/tfjs';
import { beforeAll, expect, test } from 'vitest';
import { depthToSpace, spaceToDepth } from './space-to-depth.js';

beforeAll(async () => {
  await tf.setBackend('cpu');
});

const x = tf.tensor4d(
  Float32Array.from({ length: 2 * 4 * 6 * 3 }, (_, i) => i),
  [2, 4, 6, 3],
);

test('each block of pixels becomes the channels of one, row by row', () => {
  const y = spaceToDepth(x, 2);
  expect(y.shape).toEqual([2, 2, 3, 12]);
  const [from, to] = [x.arraySync(), y.arraySync()];
  for (let b = 0; b < 2; b++)
    for (let i = 0; i < 4; i++)
      for (let j = 0; j < 6; j++)
        for (let c = 0; c < 3; c++)
          expect(to[b]![i >> 1]![j >> 1]![((i & 1) * 2 + (j & 1)) * 3 + c]).toBe(from[b]![i]![j]![c]);
});

test('depthToSpace undoes it, and a block of 1 does nothing', () => {
  expect(depthToSpace(spaceToDepth(x, 2), 2).arraySync()).toEqual(x.arraySync());
  expect(spaceToDepth(x, 1)).toBe(x);
});
