import { expect, test } from 'vitest';
import { alphaBars } from './alpha-bars.js';
import { cosineBetas } from './cosine-betas.js';
import { geometricSigmas } from './geometric-sigmas.js';
import { linearBetas } from './linear-betas.js';
import { posteriorLogVariances, posteriorVariances } from './posterior-variances.js';
import { scaledLinearBetas } from './scaled-linear-betas.js';
import { priorKl, terminalSnr } from './terminal.js';

test('linear betas: ends, even spacing, index = t', () => {
  const betas = linearBetas();
  expect(betas).toHaveLength(1001);
  expect([betas[0], betas[1], betas[1000]]).toEqual([0, 1e-4, 2e-2]);
  for (let t = 1; t < 1000; t++) expect(betas[t + 1]! - betas[t]!).toBeCloseTo((2e-2 - 1e-4) / 999, 15);
});

test('abar_T: 4.0e-5 for the paper, and 6.3e-3 where beta ends at 1e-2, by log1p as an independent sum', () => {
  for (const [betaEnd, about] of [
    [2e-2, 4.04e-5],
    [1e-2, 6.3e-3],
  ] as const) {
    const abar = alphaBars(linearBetas({ betaEnd }));
    let log = 0;
    for (let t = 1; t <= 1000; t++) log += Math.log1p(-(1e-4 + ((betaEnd - 1e-4) * (t - 1)) / 999));
    expect(abar[0]).toBe(1);
    expect(abar[1000]! / Math.exp(log)).toBeCloseTo(1, 12);
    expect(abar[1000]! / about).toBeCloseTo(1, 2);
  }
});

test('scaled-linear betas: the roots are evenly spaced', () => {
  const betas = scaledLinearBetas();
  expect(betas).toHaveLength(1001);
  expect(betas[0]).toBe(0);
  expect(betas[1]).toBeCloseTo(8.5e-4, 15);
  expect(betas[1000]).toBeCloseTo(1.2e-2, 15);
  const step = (Math.sqrt(1.2e-2) - Math.sqrt(8.5e-4)) / 999;
  for (let t = 1; t < 1000; t++)
    expect(Math.sqrt(betas[t + 1]!) - Math.sqrt(betas[t]!)).toBeCloseTo(step, 15);
});

test('cosine betas: abar is the cosine until the clip, which keeps abar_T above 0', () => {
  const betas = cosineBetas({ T: 100 });
  const abar = alphaBars(betas);
  const f = (t: number) => Math.cos(((t / 100 + 0.008) / 1.008) * (Math.PI / 2)) ** 2;
  for (let t = 0; t < 100; t++) expect(abar[t]! / (f(t) / f(0))).toBeCloseTo(1, 10);
  expect(betas[100]).toBe(0.999);
  expect(abar[100]).toBeGreaterThan(0);
  expect(Math.max(...betas.subarray(0, 100))).toBeLessThan(0.999);
});

test('posterior variances: Bayes on two Gaussians, 1 / (alpha_t / beta_t + 1 / (1 - abar_{t-1}))', () => {
  const betas = linearBetas({ T: 50 });
  const abar = alphaBars(betas);
  const variances = posteriorVariances(betas);
  expect([variances[0], variances[1]]).toEqual([0, 0]);
  for (let t = 2; t <= 50; t++) {
    const bayes = 1 / ((1 - betas[t]!) / betas[t]! + 1 / (1 - abar[t - 1]!));
    expect(variances[t]! / bayes).toBeCloseTo(1, 10);
  }
  const logs = posteriorLogVariances(betas);
  expect(logs[1]).toBe(Math.log(variances[2]!));
  expect(logs[2]).toBe(Math.log(variances[2]!));
  expect(logs[50]).toBe(Math.log(variances[50]!));
});

test('geometric sigmas: the authors of NCSN, 1 to 0.01 in 10', () => {
  const sigmas = geometricSigmas();
  expect(sigmas).toHaveLength(10);
  expect([sigmas[0], sigmas[9]]).toEqual([1, 0.01]);
  for (let i = 0; i < 9; i++) expect(sigmas[i]! / sigmas[i + 1]!).toBeCloseTo(100 ** (1 / 9), 12);
});

test('terminal SNR and prior KL, the KL by quadrature', () => {
  const betas = linearBetas({ betaEnd: 1e-2 });
  const abar = alphaBars(betas)[1000]!;
  expect(terminalSnr(betas)).toBeCloseTo(abar / (1 - abar), 12);
  for (const x0 of [0, 1, -0.5]) {
    const [m, v] = [Math.sqrt(abar) * x0, 1 - abar];
    let kl = 0;
    for (let x = -10; x < 10; x += 1e-3) {
      const logQ = -((x - m) ** 2) / (2 * v) - Math.log(2 * Math.PI * v) / 2;
      const logP = -(x * x) / 2 - Math.log(2 * Math.PI) / 2;
      kl += 1e-3 * Math.exp(logQ) * (logQ - logP);
    }
    expect(priorKl(betas, x0 * x0)).toBeCloseTo(kl, 9);
  }
});

test.each([
  [() => linearBetas({ T: 0 }), 'T is 0; expected a positive integer.'],
  [
    () => linearBetas({ betaStart: 0.1, betaEnd: 0.01 }),
    'betas from 0.1 to 0.01; expected 0 < betaStart <= betaEnd < 1.',
  ],
  [() => linearBetas({ betaEnd: 1 }), 'betas from 0.0001 to 1; expected 0 < betaStart <= betaEnd < 1.'],
  [() => cosineBetas({ s: -1 }), 'cosine offset s is -1; expected a number >= 0.'],
  [
    () => geometricSigmas({ sigmaMin: 2 }),
    '10 sigmas from 1 to 2; expected 0 < sigmaMin < sigmaMax and L of at least 2.',
  ],
  [
    () => geometricSigmas({ L: 1 }),
    '1 sigmas from 1 to 0.01; expected 0 < sigmaMin < sigmaMax and L of at least 2.',
  ],
])('refuses %#', (make, message) => expect(make).toThrow(new RangeError(message)));
