import { expect, test } from 'vitest';
import { sample } from '../sampling/sample.js';
import { karras } from '../spacing/karras.js';
import { linspace } from '../spacing/linspace.js';
import { orderOf } from '../testing/convergence.js';
import { type Algorithm, expectStates } from '../testing/in-units-of-data.js';
import { ve, vp } from '../testing/two-parts.js';
import { expectMixture } from '../testing/expect-mixture.js';
import { mixture } from '../testing/mixture.js';
import type { ChurnOptions } from './churn.js';
import { euler } from './euler.js';
import { heun } from './heun.js';

const spacing = karras();

test('heun converges at order 2', async () => {
  const { slope, errors } = await orderOf(heun);
  expect(Math.abs(slope - 2), JSON.stringify(errors)).toBeLessThan(0.15);
});

/** Karras et al.'s algorithm 2, line by line; without lines 7 to 11 it is Euler's. */
const algorithm2 = (
  order: 1 | 2,
  { sChurn = 0, sTmin = 0, sTmax = Infinity, sNoise = 1 }: ChurnOptions = {},
): Algorithm =>
  function* ({ sigmas, max, denoise, noise }, x) {
    const N = sigmas.length - 1;
    for (let i = 0; i < N; i++) {
      const [t, next] = [sigmas[i]!, sigmas[i + 1]!];
      const gamma = t >= sTmin && t <= sTmax ? Math.min(sChurn / N, Math.sqrt(2) - 1, max / t - 1) : 0;
      const hat = t + gamma * t;
      if (gamma > 0) {
        const eps = noise();
        x = x.map((value, j) => value + Math.sqrt(hat ** 2 - t ** 2) * sNoise * eps[j]!);
      }
      const slope = (x: readonly number[], sigma: number) => {
        const x0 = denoise(x, sigma);
        return x.map((value, j) => (value - x0[j]!) / sigma);
      };
      const d = slope(x, hat);
      const first = x.map((value, j) => value + (next - hat) * d[j]!);
      if (order === 1 || next === 0) x = first;
      else {
        const end = slope(first, next);
        x = x.map((value, j) => value + ((next - hat) * (d[j]! + end[j]!)) / 2);
      }
      yield x;
    }
  };

test.each([vp, ve])(
  'algorithms 1 and 2 of Karras et al., step by step on $kind, in float64',
  async (process) => {
    for (const [order, make] of [
      [1, euler],
      [2, heun],
    ] as const) {
      await expectStates(make({ spacing }), process, algorithm2(order));
      for (const churn of [
        { sChurn: 2 },
        { sChurn: 1e3, sNoise: 1.007 },
        { sChurn: 2, sTmin: 0.5, sTmax: 10, sNoise: 0.9 },
      ]) {
        await expectStates(make({ spacing, ...churn }), process, algorithm2(order, churn));
      }
      await expectStates(make({ spacing, final: 'min' }), process, algorithm2(order), { final: 'min' });
    }
  },
);

test('the network is asked at sigma-hat, and at no more noise than it knows', async () => {
  const exact = mixture({ components: [{ weight: 1, mean: [0], std: [1] }], process: ve });
  const asked: number[] = [];
  const source = {
    ...exact,
    predict: (...args: Parameters<typeof exact.predict>) => (
      asked.push(args[1] as number),
      exact.predict(...args)
    ),
  };
  const told: number[] = [];
  const sampler = euler({
    sChurn: 1.2,
    spacing: () => [20, 18, 5].map((sigma) => ({ level: sigma, scale: 1, sigma })),
  });
  for await (const { level } of sample(source, { sampler, count: 1, seed: 1 })) told.push(level);
  expect(told).toEqual([20, 20, 7]);
  expect(asked).toEqual(told);
});

test.each([
  [euler, { steps: 200, seed: 11, bias: 0.04 }],
  [heun, { steps: 100, seed: 12, bias: 0.005 }],
] as const)(
  '%o with churn draws from a mixture, within 4 standard errors',
  { tags: ['long'] },
  async (make, options) => {
    for (const process of [vp, ve])
      await expectMixture(make({ spacing, sChurn: 10, sTmin: 0.05, sTmax: 50 }), process, options);
  },
);

test('options out of range', () => {
  expect(() => heun({ sChurn: -1 })).toThrow(new RangeError('sChurn is -1; expected a number >= 0.'));
  expect(() => euler({ sNoise: NaN })).toThrow('sNoise is NaN; expected a number >= 0.');
  expect(() => heun({ sTmin: -0.1 })).toThrow('sTmin is -0.1; expected a number >= 0.');
  expect(() => euler({ sTmin: 2, sTmax: 1 })).toThrow('sTmax is 1; expected a number of at least sTmin, 2.');
});

test("the levels are Karras's unless it is told otherwise", () => {
  expect(heun().plan(vp, 9)).toEqual(heun({ spacing: karras() }).plan(vp, 9));
  expect(heun().plan(vp, 9)).not.toEqual(heun({ spacing: linspace() }).plan(vp, 9));
});
