import { expect, test } from 'vitest';
import { normals } from '../noise/normal.js';
import { maxPairwiseDistance } from './max-pairwise-distance.js';
import { levelOverlap, ncsnV2Ladder } from './ncsn-v2-ladder.js';
import { ncsnV2StepSize, varianceRatio } from './ncsn-v2-step-size.js';
import { geometricSigmas } from './geometric-sigmas.js';
import { normalCdf } from './normal-cdf.js';

/** The settings of the authors, by data set; sigma_L is 0.01 in all. `eps` is in their convention, to two digits. */
const authors = [
  { name: 'CIFAR-10', D: 32 * 32 * 3, sigmaMax: 50, L: 232, T: 5, eps: 6.2e-6 },
  { name: 'CelebA', D: 64 * 64 * 3, sigmaMax: 90, L: 500, T: 5, eps: 3.3e-6 },
  { name: 'bedroom and tower', D: 128 * 128 * 3, sigmaMax: 190, L: 1086, T: 3, eps: 1.8e-6 },
  { name: 'FFHQ', D: 256 * 256 * 3, sigmaMax: 348, L: 2311, T: 3, eps: 0.9e-6 },
];

test('Phi: its integral, its symmetry and its ends', () => {
  let sum = 0.5;
  const h = 1e-3;
  const density = (x: number) => Math.exp((-x * x) / 2) / Math.sqrt(2 * Math.PI);
  for (let k = 0; k < 6000; k++) {
    sum += (h / 6) * (density(k * h) + 4 * density((k + 0.5) * h) + density((k + 1) * h));
    if (k % 500 === 499) {
      expect(normalCdf((k + 1) * h)).toBeCloseTo(sum, 13);
      expect(normalCdf(-(k + 1) * h)).toBeCloseTo(1 - sum, 13);
    }
  }
  expect([-40, 0, 40].map(normalCdf)).toEqual([0, 0.5, 1]);
});

test('the largest distance: of all pairs, and of a drawn subset never more and always the same', () => {
  expect(maxPairwiseDistance([0, 0, 3, 0, 0, 4], 2)).toBe(5);
  const n = 500;
  const data = normals(new Float32Array(n * 3), { seed: 1 });
  let all = 0;
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < n; j++) {
      all = Math.max(all, Math.hypot(...[0, 1, 2].map((k) => data[3 * i + k]! - data[3 * j + k]!)));
    }
  }
  expect(maxPairwiseDistance(data, 3)).toBeCloseTo(all, 10);
  const some = maxPairwiseDistance(data, 3, { subset: 100, seed: 2 });
  expect(some).toBeLessThan(all);
  expect(some).toBeGreaterThan(all / 2);
  expect(maxPairwiseDistance(data, 3, { subset: 100, seed: 2 })).toBe(some);
});

// 0.567 is what their four settings have in common, to 0.001; that moves L by a thousandth, and L is rounded up.
test.each(authors)(
  'of $name: the levels of the authors overlap by about a half, by 0.567',
  ({ D, sigmaMax, L }) => {
    const gamma = (sigmaMax / 0.01) ** (1 / (L - 1));
    expect(Math.abs(levelOverlap(gamma, D) - 0.567)).toBeLessThan(0.001);
    expect(Math.abs(ncsnV2Ladder({ sigmaMax, D, overlap: 0.567 }).L - L)).toBeLessThanOrEqual(1 + L / 1000);
  },
);

test.each([5, 12, 784, 3072])('the fewest levels that overlap by a half: of %i dimensions', (D) => {
  const { L, ...ends } = ncsnV2Ladder({ sigmaMax: 500, D });
  expect(ends).toEqual({ sigmaMax: 500, sigmaMin: 0.01 });
  const ratio = (levels: number) => 50_000 ** (1 / (levels - 1));
  expect(levelOverlap(ratio(L), D)).toBeGreaterThanOrEqual(0.5);
  expect(levelOverlap(ratio(L - 1), D)).toBeLessThan(0.5);
});

test('where Phi of the upper end is 1, gamma is sqrt(2 D) / (sqrt(2 D) - 3): 220 levels for CIFAR-10, where the authors have 232', () => {
  const gamma = Math.sqrt(6144) / (Math.sqrt(6144) - 3);
  const { L } = ncsnV2Ladder({ sigmaMax: 50, D: 3072 });
  expect(L).toBe(1 + Math.ceil(Math.log(5000) / Math.log(gamma)));
  expect(L).toBe(220);
});

test.each(authors)(
  '$name: the step size of the authors, to the two digits they give',
  ({ sigmaMax, L, T, eps }) => {
    const found = ncsnV2StepSize({ sigmas: geometricSigmas({ sigmaMax, L }), T });
    // They take x + eps s + sqrt(2 eps) z.
    expect(Math.round(found / 2 / 1e-7)).toBe(Math.round(eps / 1e-7));
  },
);

test.each([
  [0.3, 1.5, 4],
  [0.06, 1.04, 5],
  [0.9, 3, 1],
])('the variance ratio is that of the chain, step by step: r %d, gamma %d, T %i', (r, gamma, T) => {
  const sigma = 0.7;
  const alpha = r * sigma ** 2;
  let variance = (gamma * sigma) ** 2;
  for (let t = 0; t < T; t++) variance = (1 - alpha / sigma ** 2) ** 2 * variance + 2 * alpha;
  expect(varianceRatio(r, gamma, T)).toBeCloseTo(variance / sigma ** 2, 12);
});

test.each([
  [2, 1],
  [2, 100],
  [50, 3],
  [1000, 10],
])('no other step size has a ratio nearer to 1: %i levels, T %i', (L, T) => {
  const sigmas = geometricSigmas({ sigmaMax: 20, sigmaMin: 0.5, L });
  const best = ncsnV2StepSize({ sigmas, T }) / (2 * 0.5 ** 2);
  const off = (r: number) => Math.abs(varianceRatio(r, 40 ** (1 / (L - 1)), T) - 1);
  for (let r = 1e-4; r < 1; r += 1e-4) expect(off(best)).toBeLessThanOrEqual(off(r) + 1e-12);
});

test.each([
  [() => maxPairwiseDistance([1, 2, 3], 2), 'data has 3 numbers; expected two or more points of 2.'],
  [
    () => ncsnV2Ladder({ sigmaMax: 50, D: 2 }),
    'D is 2; the rule needs at least 5 dimensions, so choose L yourself.',
  ],
  [
    () => ncsnV2Ladder({ sigmaMax: 0.001, D: 10 }),
    'Sigmas from 0.001 to 0.01; expected 0 < sigmaMin < sigmaMax.',
  ],
  [
    () => ncsnV2Ladder({ sigmaMax: 1, D: 10, overlap: 1 }),
    'overlap is 1; expected a number between 0 and 0.99.',
  ],
  [
    () => ncsnV2StepSize({ sigmas: [1], T: 5 }),
    'There are 1 sigmas, from 1 to 1; expected two or more, falling to a positive one.',
  ],
  [() => ncsnV2StepSize({ sigmas: [2, 1], T: 0 }), 'T is 0; expected a positive integer.'],
])('refuses %#', (make, message) => expect(make).toThrow(new RangeError(message)));
