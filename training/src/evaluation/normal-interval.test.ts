import { expect, test } from 'vitest';
import { logNormalInterval } from './normal-interval.js';

/** Upper tails as tables give them (Abramowitz and Stegun, tables 26.1 and 26.2). */
test.each([
  [0, 0.5],
  [1, 0.15865525393],
  [1.96, 0.0249978951],
  [2.5, 0.0062096653],
  [5, 2.866515719e-7],
  [10, 7.619853024e-24],
  [-1, 0.84134474607],
])('P(Z > %d)', (z, expected) => {
  expect(Math.exp(logNormalInterval(z, Infinity)) / expected).toBeCloseTo(1, 8);
  expect(Math.exp(logNormalInterval(-Infinity, -z)) / expected).toBeCloseTo(1, 8);
});

test('far out, where a probability is no longer a double: -log10 P(Z > z) as tables give it (table 26.2)', () => {
  for (const [z, expected] of [
    [20, 88.5601],
    [50, 544.96634],
    [100, 2173.87154],
    [500, 54289.9083],
  ] as const)
    expect(-logNormalInterval(z, Infinity) / Math.LN10).toBeCloseTo(expected, 4);
});

/** Simpson's rule on the density, relative to its largest value in the interval. */
function byQuadrature(a: number, b: number): number {
  const nearest = a * b < 0 ? 0 : Math.min(Math.abs(a), Math.abs(b));
  const density = (z: number) => Math.exp((nearest * nearest - z * z) / 2);
  const n = 4000;
  const h = (b - a) / n;
  let sum = 0;
  for (let i = 0; i <= n; i++) sum += (i === 0 || i === n ? 1 : i % 2 ? 4 : 2) * density(a + i * h);
  return Math.log((sum * h) / 3) - (nearest * nearest + Math.log(2 * Math.PI)) / 2;
}

test.each([
  [-0.5, 0.5],
  [-0.001, 0.002],
  [-3, 1],
  [-3, -2],
  [2.4, 2.6],
  [8, 8.5],
  [-40.5, -40],
  [200, 200.01],
])('P(%d < Z < %d) is the integral of the density, and the same mirrored', (a, b) => {
  expect(Math.abs(logNormalInterval(a, b) - byQuadrature(a, b))).toBeLessThan(1e-8);
  expect(logNormalInterval(-b, -a)).toBe(logNormalInterval(a, b));
});

test('of everything it is 0', () => {
  expect(logNormalInterval(-Infinity, Infinity)).toBe(0);
});
