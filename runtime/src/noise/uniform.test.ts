import { expect, test } from 'vitest';
import { integers, permutation, rademachers, uniforms } from './uniform.js';

const N = 100_000;
const key = { seed: 77, sample: 1, step: 2, stream: 3 };

test('uniforms: mean 1/2, variance 1/12, never 1 (seed 77)', () => {
  const u = uniforms(new Float32Array(N), key);
  const mean = u.reduce((a, b) => a + b, 0) / N;
  const variance = u.reduce((a, b) => a + (b - 0.5) ** 2, 0) / N;
  expect(Math.abs(mean - 1 / 2)).toBeLessThan(4 * Math.sqrt(1 / 12 / N));
  expect(Math.abs(variance - 1 / 12)).toBeLessThan(4 * Math.sqrt(1 / 180 / N));
  expect(u.every((x) => x >= 0 && x < 1)).toBe(true);
});

test('rademachers: +1 and -1, half each (seed 77)', () => {
  const v = rademachers(new Float32Array(N), key);
  expect(v.every((x) => x === 1 || x === -1)).toBe(true);
  expect(Math.abs(v.reduce((a, b) => a + b, 0) / N)).toBeLessThan(4 / Math.sqrt(N));
});

test('integers: each of 7 values as often as the others (chi-square, seed 77)', () => {
  const counts = new Array<number>(7).fill(0);
  for (const i of integers(new Int32Array(N), 7, key)) counts[i]!++;
  // 22.5 is the 0.999 quantile of chi-square with 6 degrees of freedom.
  expect(counts.reduce((sum, c) => sum + (c - N / 7) ** 2 / (N / 7), 0)).toBeLessThan(22.5);
  expect(() => integers(new Int32Array(1), 0, key)).toThrow('bound is 0; expected an integer from 1');
});

test('permutation: all 24 orders of 4 as often as the others (chi-square, seeds 0 to 23,999)', () => {
  const counts = new Map<string, number>();
  for (let seed = 0; seed < 24_000; seed++) {
    const order = permutation(4, { seed }).join();
    counts.set(order, (counts.get(order) ?? 0) + 1);
  }
  expect(counts.size).toBe(24);
  // 49.7 is the 0.999 quantile of chi-square with 23 degrees of freedom.
  expect([...counts.values()].reduce((sum, c) => sum + (c - 1000) ** 2 / 1000, 0)).toBeLessThan(49.7);
});
