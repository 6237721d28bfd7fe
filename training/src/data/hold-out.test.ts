import { expect, test } from 'vitest';
import { holdOut } from './hold-out.js';

const data = {
  images: Uint8Array.of(1, 1, 2, 2, 3, 3, 4, 4),
  labels: Uint8Array.of(1, 2, 3, 4),
  count: 4,
  shape: [1, 2, 1],
} as const;

test('the last images are held out, each with its label', () => {
  expect(holdOut(data, 1)).toEqual({
    training: {
      images: Uint8Array.of(1, 1, 2, 2, 3, 3),
      labels: Uint8Array.of(1, 2, 3),
      count: 3,
      shape: [1, 2, 1],
    },
    heldOut: { images: Uint8Array.of(4, 4), labels: Uint8Array.of(4), count: 1, shape: [1, 2, 1] },
  });
  expect(holdOut(data, 3).training.labels).toEqual(Uint8Array.of(1));
});

test('so are images of float32 without labels', () => {
  const bare = { images: Float32Array.of(1, 2, 3), count: 3, shape: [1, 1, 1] } as const;
  expect(holdOut(bare, 1)).toEqual({
    training: { images: Float32Array.of(1, 2), count: 2, shape: [1, 1, 1] },
    heldOut: { images: Float32Array.of(3), count: 1, shape: [1, 1, 1] },
  });
});

test.each([0, 4, 5, 1.5])('%d of 4 is refused', (count) => {
  expect(() => holdOut(data, count)).toThrow(/images cannot be held out of 4: expected at least 1/);
});
