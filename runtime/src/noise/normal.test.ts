import { expect, test } from 'vitest';
import { normalBatch, normals } from './normal.js';
import { threefry4x32 } from './threefry.js';

const N = 200_000;
const z = normals(new Float32Array(N), { seed: 20, sample: 3, step: 7 });
const mean = (f: (x: number, i: number) => number) => z.reduce((sum, x, i) => sum + f(x, i), 0) / N;

// E z^k and its standard error: Var z^k = E z^2k - (E z^k)^2.
test.each([
  [1, 0, 1],
  [2, 1, 2],
  [3, 0, 15],
  [4, 3, 96],
  [6, 15, 10170],
])('moment %i is %d within 4 standard errors (seed 20)', (k, expected, variance) => {
  expect(Math.abs(mean((x) => x ** k) - expected)).toBeLessThan(4 * Math.sqrt(variance / N));
});

test('elements at any small distance are uncorrelated, and so are their squares (seed 20)', () => {
  for (let lag = 1; lag <= 8; lag++) {
    const next = (i: number) => z[(i + lag) % N]!;
    expect(Math.abs(mean((x, i) => x * next(i)))).toBeLessThan(4 / Math.sqrt(N));
    expect(Math.abs(mean((x, i) => (x * x - 1) * (next(i) ** 2 - 1)))).toBeLessThan(4 * (2 / Math.sqrt(N)));
  }
});

test('the distribution function is that of the normal law (Kolmogorov, seed 20)', () => {
  const sorted = Float64Array.from(z).sort();
  // Phi by the midpoint rule, a hundred steps from one sample to the next would not change the tenth digit.
  let phi = 0;
  let at = -8;
  let distance = 0;
  for (let i = 0; i < N; i++) {
    const steps = Math.max(1, Math.ceil((sorted[i]! - at) / 1e-3));
    const h = (sorted[i]! - at) / steps;
    for (let s = 0; s < steps; s++)
      phi += (h * Math.exp(-((at + (s + 0.5) * h) ** 2) / 2)) / Math.sqrt(2 * Math.PI);
    at = sorted[i]!;
    distance = Math.max(distance, Math.abs(phi - i / N), Math.abs(phi - (i + 1) / N));
  }
  // P(sqrt(N) D > 1.95) = 2 exp(-2 * 1.95^2) = 0.001
  expect(distance * Math.sqrt(N)).toBeLessThan(1.95);
});

test('every element is Box-Muller of its words to float32 accuracy', () => {
  const words = new Uint32Array(4);
  for (let b = 0; b < 1000; b++) {
    threefry4x32(words, b, 7, 3, 0, 20, 0, 0, 0);
    for (const j of [0, 2]) {
      const radius = Math.sqrt(-2 * Math.log((words[j]! + 0.5) / 2 ** 32));
      const angle = 2 * Math.PI * ((words[j + 1]! + 0.5) / 2 ** 32) - Math.PI / 4;
      expect(Math.abs(z[4 * b + j]! - radius * Math.cos(angle))).toBeLessThan(5e-7);
      expect(Math.abs(z[4 * b + j + 1]! - radius * Math.sin(angle))).toBeLessThan(5e-7);
    }
  }
});

test('the bits are pinned: a change of them would change every sample of every seed', () => {
  const bits = new Uint32Array(
    normals(new Float32Array(4), { seed: 2 ** 40 + 1, sample: 2, step: 1 }).buffer,
  );
  expect(Array.from(bits, (w) => w.toString(16))).toMatchInlineSnapshot(`
    [
      "3f535202",
      "3f4347d1",
      "3fc7b2ac",
      "3eb4fb4b",
    ]
  `);
});

test('an element does not depend on how many are drawn, nor a sample on its batch', () => {
  const size = 2003;
  const batch = normalBatch(new Float32Array(4 * size), 4, { seed: 5, sample: 10, step: 2 });
  for (const n of [0, 1, 2, 3, 4, 5, 1023, 1024, 1025, 1027, size]) {
    for (let i = 0; i < 4; i++) {
      const alone = normals(new Float32Array(n), { seed: 5, sample: 10 + i, step: 2 });
      expect(batch.subarray(i * size, i * size + n), `${n} of sample ${10 + i}`).toEqual(alone);
    }
  }
  expect(batch.every(Number.isFinite)).toBe(true);
});

test('seed (both halves), sample, step and stream each give other numbers', () => {
  const keys = [
    { seed: 1 },
    { seed: 2 },
    { seed: 1 + 2 ** 32 },
    { seed: 1, sample: 1 },
    { seed: 1, step: 1 },
    { seed: 1, stream: 1 },
  ];
  expect(new Set(keys.map((key) => normals(new Float32Array(1), key)[0])).size).toBe(keys.length);
});

test.each([
  { seed: -1 },
  { seed: 1.5 },
  { seed: 2 ** 53 },
  { seed: 1, sample: -1 },
  { seed: 1, step: 2 ** 32 },
])('refuses %j', (key) =>
  expect(() => normals(new Float32Array(1), key)).toThrow(/; expected an integer from 0 to/),
);
