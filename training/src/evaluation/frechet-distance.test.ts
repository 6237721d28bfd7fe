import { expect, test } from 'vitest';
import { frechetDistance } from './frechet-distance.js';
import type { Moments } from './moments.js';

const gaussian = (mean: number[], covariance: number[]): Moments => ({
  count: 1000,
  mean: Float64Array.from(mean),
  covariance: Float64Array.from(covariance),
});

test('one dimension: (m_a - m_b)^2 + (s_a - s_b)^2', () => {
  expect(frechetDistance(gaussian([1], [9]), gaussian([-1], [0.25]))).toBeCloseTo(4 + 2.5 ** 2, 12);
});

test('commuting covariances: the one-dimensional distances along the common axes add up', () => {
  const rotate = (angle: number, p: number, q: number) => {
    const [c, s] = [Math.cos(angle), Math.sin(angle)];
    return [c * c * p + s * s * q, c * s * (p - q), c * s * (p - q), s * s * p + c * c * q];
  };
  const a = gaussian([0, 0], rotate(0.7, 4, 1));
  const b = gaussian([3, 4], rotate(0.7, 9, 0.25));
  expect(frechetDistance(a, b)).toBeCloseTo(25 + (2 - 3) ** 2 + (1 - 0.5) ** 2, 10);
});

test('2 x 2 that do not commute: tr sqrt(AB) = sqrt(tr AB + 2 sqrt(det AB)); symmetric in its arguments', () => {
  const [A, B] = [
    [2, 1, 1, 3],
    [5, -2, -2, 1],
  ] as const;
  const traceOfProduct = 2 * 5 + 1 * -2 + (1 * -2 + 3 * 1);
  const determinant = (2 * 3 - 1) * (5 * 1 - 4);
  const expected = 2 + 3 + 5 + 1 - 2 * Math.sqrt(traceOfProduct + 2 * Math.sqrt(determinant));
  const [a, b] = [gaussian([0, 0], [...A]), gaussian([0, 0], [...B])];
  expect(frechetDistance(a, b)).toBeCloseTo(expected, 10);
  expect(frechetDistance(b, a)).toBeCloseTo(expected, 10);
});

test('a set has no distance to itself, and a singular covariance is no obstacle', () => {
  const rank1 = gaussian([1, 2, 3], [1, 2, 3, 2, 4, 6, 3, 6, 9]);
  expect(frechetDistance(rank1, rank1)).toBeCloseTo(0, 6);
  expect(frechetDistance(rank1, gaussian([1, 2, 3], new Array<number>(9).fill(0)))).toBeCloseTo(14, 10);
});

test('refuses different dimensions', () => {
  expect(() => frechetDistance(gaussian([0], [1]), gaussian([0, 0], [1, 0, 0, 1]))).toThrow('found 1 and 2');
});
