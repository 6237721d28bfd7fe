import { Tensor } from 'onnxruntime-common';
import { expect, test } from 'vitest';
import { addTo } from './add-to.js';

test.each([0, 1, 3, 4, 5, 8, 11])('adds %d numbers, after the first part', (size) => {
  const vector = (from: number) => ({
    y: new Tensor(
      'float32',
      Float32Array.from({ length: size }, (_, k) => from + k),
      [size],
    ),
  });
  const sums = vector(100);
  addTo(sums, vector(1), true);
  addTo(sums, vector(2), false);
  addTo(sums, vector(3), false);
  expect([...(sums.y.data as Float32Array)]).toEqual(Array.from({ length: size }, (_, k) => 6 + 3 * k));
});
