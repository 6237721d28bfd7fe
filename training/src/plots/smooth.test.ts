import { expect, test } from 'vitest';
import { smooth } from './smooth.js';

test('an impulse becomes the normalised Gaussian, centred on it', () => {
  const impulse = new Array<number>(41).fill(0);
  impulse[20] = 1;
  const smoothed = smooth(impulse, 2);
  for (const distance of [0, 1, 3]) {
    const density = Math.exp(-((distance / 2) ** 2) / 2) / (2 * Math.sqrt(2 * Math.PI));
    expect(smoothed[20 + distance]).toBeCloseTo(density, 3);
    expect(smoothed[20 - distance]).toBe(smoothed[20 + distance]);
  }
});

test('a constant stays what it is up to both ends, a line stays a line inside', () => {
  expect(smooth([3, 3, 3, 3, 3], 1.5)).toEqual([3, 3, 3, 3, 3].map((v) => expect.closeTo(v, 12) as number));
  const line = Array.from({ length: 50 }, (_, i) => 2 * i - 7);
  expect(smooth(line, 2)[25]).toBeCloseTo(43, 10);
  expect(smooth(line, 0)).toEqual(line);
});
