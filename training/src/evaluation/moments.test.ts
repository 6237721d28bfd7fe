import { expect, test } from 'vitest';
import { moments } from './moments.js';

test('mean and unbiased covariance of vectors worked out by hand', () => {
  const { count, mean, covariance } = moments(Float32Array.of(1, 2, 3, 6, 5, 1), 2);
  expect(count).toBe(3);
  expect([...mean]).toEqual([3, 3]);
  expect([...covariance]).toEqual([4, -1, -1, 7]);
});

test('a large offset costs no digits', () => {
  const offset = 1e8;
  const { covariance } = moments(Float64Array.of(offset + 1, offset + 2, offset + 3, offset + 4), 1);
  expect(covariance[0]).toBeCloseTo(5 / 3, 12);
});

test('refuses broken rows and a single vector', () => {
  expect(() => moments(new Float32Array(5), 2)).toThrow('found 5 values');
  expect(() => moments(new Float32Array(2), 2)).toThrow('at least two');
});
