import * as tf from '@tensorflow/tfjs';
import { beforeAll, expect, test } from 'vitest';
import { repeatPixels } from './resample.js';

beforeAll(async () => {
  await tf.setBackend('cpu');
});

test('repeatPixels repeats rows and columns, and its gradient sums them, for every image of a batch', () => {
  const [B, H, W, C] = [3, 3, 2, 2];
  const x = tf.randomNormal([B, H, W, C], 0, 1, 'float32', 4) as tf.Tensor4D;
  const dy = tf.randomNormal([B, 2 * H, 2 * W, C], 0, 1, 'float32', 5) as tf.Tensor4D;
  const [from, up, back] = [x.arraySync(), repeatPixels(x).arraySync(), dy.arraySync()];
  const gradient = (tf.grad((x) => repeatPixels(x as tf.Tensor4D))(x, dy) as tf.Tensor4D).arraySync();
  for (let b = 0; b < B; b++)
    for (let i = 0; i < H; i++)
      for (let j = 0; j < W; j++)
        for (let c = 0; c < C; c++) {
          let sum = 0;
          for (const [di, dj] of [
            [0, 0],
            [0, 1],
            [1, 0],
            [1, 1],
          ] as const) {
            expect(up[b]![2 * i + di]![2 * j + dj]![c]).toBe(from[b]![i]![j]![c]);
            sum += back[b]![2 * i + di]![2 * j + dj]![c]!;
          }
          expect(gradient[b]![i]![j]![c]).toBeCloseTo(sum, 5);
        }
});
