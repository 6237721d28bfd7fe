import { Tensor } from 'onnxruntime-common';
import { expect, test } from 'vitest';
import { flipImages } from './flip.js';

const [N, H, W, C] = [300, 2, 5, 3];
const x = new Tensor(
  'float32',
  Float32Array.from({ length: N * H * W * C }, (_, i) => i),
  [N, H, W, C],
);
const random = { seed: 4, step: 9 };
const image = (data: Float32Array, n: number) => [...data.subarray(n * H * W * C, (n + 1) * H * W * C)];
const mirrored = (n: number) =>
  Array.from({ length: H * W * C }, (_, i) => {
    const [row, column, channel] = [Math.floor(i / (W * C)), Math.floor(i / C) % W, i % C];
    return ((n * H + row) * W + (W - 1 - column)) * C + channel;
  });

test('mirrors about half of the images left to right, pixels whole, and leaves the others', () => {
  const before = x.data.slice();
  const data = flipImages(x, random).data as Float32Array;
  let flips = 0;
  for (let n = 0; n < N; n++) {
    const flipped = data[n * H * W * C] !== n * H * W * C;
    expect(image(data, n), `image ${n}`).toEqual(flipped ? mirrored(n) : image(x.data as Float32Array, n));
    if (flipped) flips++;
  }
  // Four standard deviations either way.
  expect(flips, 'seed 4').toBeGreaterThan(N / 2 - 35);
  expect(flips, 'seed 4').toBeLessThan(N / 2 + 35);
  expect(x.data).toEqual(before);
});

test('is a function of the seed and the step', () => {
  expect(flipImages(x, random)).toEqual(flipImages(x, random));
  expect(flipImages(x, { ...random, step: 10 })).not.toEqual(flipImages(x, random));
  expect(flipImages(x, { ...random, seed: 5 })).not.toEqual(flipImages(x, random));
});
