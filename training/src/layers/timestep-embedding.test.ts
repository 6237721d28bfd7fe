import * as tf from '@tensorflow/tfjs';
import { beforeAll, expect, test } from 'vitest';
import { timestepEmbedding } from './timestep-embedding.js';

beforeAll(async () => {
  await tf.setBackend('cpu');
});

test.each([
  ['linear', [1, 17, 500, 1000], (t: number) => t, 1, 1e-4, 1e-4],
  ['log', [0.01, 0.3, 1, 50], Math.log, 16, 0.05, 2e-5],
] as const)(
  '%s: sines, then cosines, at geometric frequencies',
  (scale, levels, position, high, low, tolerance) => {
    const width = 8;
    const actual = timestepEmbedding(tf.tensor1d([...levels]), width, scale).arraySync();
    levels.forEach((level, row) => {
      for (let i = 0; i < 4; i++) {
        const angle = position(level) * high * (low / high) ** (i / 3);
        // The tolerance is the rounding of an angle of 1000 (or 63) radians to float32.
        expect(Math.abs(actual[row]![i]! - Math.sin(angle))).toBeLessThan(tolerance);
        expect(Math.abs(actual[row]![4 + i]! - Math.cos(angle))).toBeLessThan(tolerance);
      }
    });
  },
);
