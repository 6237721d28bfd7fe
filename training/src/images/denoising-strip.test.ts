import { expect, test } from 'vitest';
import { denoisingStrip } from './denoising-strip.js';
import type { ImageBatch } from './image-batch.js';

const step = (...values: number[]): ImageBatch => ({
  data: Float32Array.from(values, (value) => value / 255),
  shape: [values.length, 1, 1, 1],
  range: [0, 1],
});

test('puts samples in rows and steps in columns', () => {
  const strip = denoisingStrip([step(1, 2), step(11, 12), step(21, 22)], { padding: 0 });
  expect([strip.width, strip.height]).toEqual([3, 2]);
  expect([...strip.data]).toEqual([1, 11, 21, 2, 12, 22]);
});

test('refuses no steps, and steps of different shapes', () => {
  expect(() => denoisingStrip([])).toThrow('at least one step');
  expect(() => denoisingStrip([step(1, 2), step(1)])).toThrow('step 1 [1, 1, 1, 1]');
});
