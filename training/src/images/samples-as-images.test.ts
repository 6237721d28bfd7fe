import { expect, test } from 'vitest';
import { samplesAsImages } from './samples-as-images.js';

test('channels that come first are brought last', () => {
  // Two images of 3 channels, 1 x 2 pixels: the value is 100 image + 10 channel + pixel.
  const samples = Float32Array.of(0, 1, 10, 11, 20, 21, 100, 101, 110, 111, 120, 121);
  const images = samplesAsImages(
    { shape: [3, 1, 2], layout: 'channels-first', valueRange: [-1, 1] },
    samples,
  );
  expect(images.shape).toEqual([2, 1, 2, 3]);
  expect([...images.data]).toEqual([0, 10, 20, 1, 11, 21, 100, 110, 120, 101, 111, 121]);
  expect(images.range).toEqual([-1, 1]);
});

test('channels that are last stay, without a copy', () => {
  const samples = new Float32Array(2 * 4 * 5);
  const images = samplesAsImages({ shape: [4, 5, 1], layout: 'channels-last', valueRange: [0, 1] }, samples);
  expect(images.shape).toEqual([2, 4, 5, 1]);
  expect(images.data).toBe(samples);
});

test.each([
  [[2], 'flat'],
  [[4, 4, 4], 'channels-last'],
  [[4, 4], 'channels-last'],
] as const)('what is no image is refused: %j %s', (shape, layout) => {
  const card = { shape: [...shape], layout, valueRange: [0, 1] as [number, number] };
  expect(() => samplesAsImages(card, new Float32Array(64))).toThrow('--npy');
});
