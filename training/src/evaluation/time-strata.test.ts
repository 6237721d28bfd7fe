import { expect, test } from 'vitest';
import { timeStrata } from './time-strata.js';

test.each([
  [1000, 1],
  [1000, 19],
  [1000, 998],
  [1000, 999],
  [2, 1],
  [7, 5],
])('t = 2..%d in %d strata: each t once, in order', (T, n) => {
  const strata = timeStrata(T, n);
  expect(strata.length).toBe(n);
  const ts = strata.flatMap(({ first, size }) => Array.from({ length: size }, (_, i) => first + i));
  expect(ts).toEqual(Array.from({ length: T - 1 }, (_, i) => i + 2));
  expect(strata.every(({ size }) => size >= 1)).toBe(true);
});

test('they grow with t, by about one factor', () => {
  const ends = timeStrata(1000, 10).map(({ first, size }) => (first + size) / first);
  for (const ratio of ends) expect(Math.abs(Math.log(ratio / 500.5 ** 0.1))).toBeLessThan(0.25);
});
