import { Tensor } from 'onnxruntime-common';
import { expect, test } from 'vitest';
import { shiftImages } from './shift.js';

const images = (n: number, side: number) =>
  new Tensor(
    'float32',
    Float32Array.from({ length: n * side * side }, (_, i) => i % (side * side)),
    [n, side, side, 1],
  );

test('shifts every image by its own whole number of pixels and repeats the border', () => {
  const [n, side, shift] = [200, 6, 2];
  const x = shiftImages(images(n, side), shift, { seed: 4, step: 9 }).data as Float32Array;
  const clamp = (i: number) => Math.min(Math.max(i, 0), side - 1);
  const seen = new Set<string>();
  for (let k = 0; k < n; k++) {
    const image = x.subarray(k * side * side, (k + 1) * side * side);
    const match = [-2, -1, 0, 1, 2]
      .flatMap((down) => [-2, -1, 0, 1, 2].map((across) => [down, across] as const))
      .find(([down, across]) =>
        image.every((value, i) => {
          const [row, column] = [Math.floor(i / side), i % side];
          return value === clamp(row - down) * side + clamp(column - across);
        }),
      );
    expect(match, `image ${k}`).toBeDefined();
    seen.add(match!.join());
  }
  expect(seen.size).toBe(25);
});
