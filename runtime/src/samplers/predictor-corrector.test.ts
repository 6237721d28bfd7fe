import { describe, expect, test } from 'vitest';
import type { Process } from '../card/model-card.js';
import { CLEAN, type Level, type Marginal } from '../process/level.js';
import { noiseRatio } from '../process/noise-ratio.js';
import { sample, type SampleOptions } from '../sampling/sample.js';
import { atLevels } from '../spacing/at-levels.js';
import { exponential } from '../spacing/exponential.js';
import { karras } from '../spacing/karras.js';
import { linspace } from '../spacing/linspace.js';
import { mixture } from '../testing/mixture.js';
import { expectMoments } from '../testing/moments.js';
import { langevinCorrector } from './correctors/langevin-corrector.js';
import { predictorCorrector, type PredictorCorrectorOptions } from './predictor-corrector.js';
import { ancestral } from './predictors/ancestral.js';
import { eulerMaruyama } from './predictors/euler-maruyama.js';
import { reverseDiffusion } from './predictors/reverse-diffusion.js';

const N = 20_000;
const vp: Process = { kind: 'vp', schedule: { name: 'linear', betaStart: 1e-4, betaEnd: 2e-2, T: 1000 } };
const ve: Process = { kind: 've', schedule: { name: 'geometric', sigmaMax: 20, sigmaMin: 0.05, L: 100 } };
const components = [
  { weight: 0.6, mean: [1, 0.5], std: [0.4, 0.3] },
  { weight: 0.4, mean: [-1, -0.5], std: [0.2, 0.5] },
];
const predictors = { reverseDiffusion, ancestral, eulerMaruyama };
type Name = keyof typeof predictors;
const names = Object.keys(predictors) as Name[];
const cases = names.flatMap((name) => [vp, ve].map((process) => ({ name, process, kind: process.kind })));

/**
 * Mean (of x and s) and standard deviation of one step as Song et al. and their code write it: for vp by beta_i of the two
 * levels, for ve by sigma_i and sigma_{i-1}.
 */
function byHand(name: Name, { kind }: Process, from: Marginal, to: Marginal) {
  if (kind === 'vp') {
    const beta = 1 - from.scale ** 2 / to.scale ** 2;
    const means: Record<Name, (x: number, s: number) => number> = {
      reverseDiffusion: (x, s) => x - (Math.sqrt(1 - beta) * x - x - beta * s),
      ancestral: (x, s) => (x + beta * s) / Math.sqrt(1 - beta),
      eulerMaruyama: (x, s) => x - (-0.5 * beta * x - beta * s),
    };
    return { mean: means[name], std: Math.sqrt(beta) };
  }
  const [now, next] = [from.sigma, to.sigma];
  const difference = now * now - next * next;
  const variances: Record<Name, number> = {
    reverseDiffusion: difference,
    ancestral: difference,
    eulerMaruyama: next > 0 ? 2 * now ** 2 * (Math.log(now) - Math.log(next)) : now ** 2,
  };
  return {
    mean: (x: number, s: number) => x + variances[name] * s,
    std: name === 'ancestral' ? (next * Math.sqrt(difference)) / now : Math.sqrt(variances[name]),
  };
}

/** Numbers without a pattern, of either sign. */
const noise = (draw: number, shape: readonly number[]) =>
  Float64Array.from(
    { length: shape.reduce((a, b) => a * b) },
    (_, i) => 2 * Math.sin(9.7 * draw + 3.1 * i + 1),
  );

test.each(cases)(
  'step by step, in float64, with a corrector of two steps: $name, $kind',
  async ({ name, process }) => {
    const source = mixture({ components, process });
    const spacing = karras();
    const [snr, steps] = [0.16, 6];
    for (const denoise of [true, false]) {
      const sampler = predictorCorrector({
        ...{ predictor: predictors[name], corrector: langevinCorrector({ snr, steps: 2 }) },
        ...{ spacing, denoise },
      });
      const found: Float64Array[] = [];
      const options = { steps, count: 2, seed: 3, float64: true, noise } as const;
      for await (const { x } of sample(source, { sampler, ...options })) found.push(x.slice());
      const levels = spacing(process, steps);
      let draw = 0;
      const next = () => noise(draw++, [2, 2]);
      let x = next().map((z) => (process.kind === 've' ? 20 * z : z));
      for (const [i, from] of levels.entries()) {
        const to = levels[i + 1] ?? CLEAN;
        for (let j = 0; j < 2; j++) {
          const [s, z] = [await source.predictFloat64(x, from.level), next()];
          const alpha = process.kind === 've' ? 1 : (from.scale / to.scale) ** 2;
          x = x.map((value, k) => {
            const [a, b] = [2 * Math.floor(k / 2), 2 * Math.floor(k / 2) + 1];
            const eps = 2 * alpha * ((snr * Math.hypot(z[a]!, z[b]!)) / Math.hypot(s[a]!, s[b]!)) ** 2;
            return value + eps * s[k]! + Math.sqrt(2 * eps) * z[k]!;
          });
        }
        const s = await source.predictFloat64(x, from.level);
        const { mean, std } = byHand(name, process, from, to);
        x = x.map((value, k) => mean(value, s[k]!));
        if (std > 0 && !(denoise && i === levels.length - 1)) {
          const z = next();
          x = x.map((value, k) => value + std * z[k]!);
        }
        x.forEach((value, k) => {
          const off = Math.abs(found[i]![k]! - value) / Math.max(1, Math.abs(value));
          expect(off, `step ${i}`).toBeLessThan(1e-9);
        });
      }
      expect(found).toHaveLength(steps);
    }
  },
);

/**
 * What own norms make of the law at rest of a Langevin corrector in d dimensions: steps that grow as |z|^2 and fall as |x|^2
 * make each of E |z|^2 z^2 and E |x|^2 x^2 / E |x|^2 larger than 1, by 2 / d.
 */
const atRest = (d: number) => (1 + 2 / d) ** 2;

/**
 * Mean and variance of the chain on data N(m, s^2), of which the score is linear, (scale m - x) / v; with a corrector, of
 * which the steps are eps = 2 alpha snr^2 v but for the fluctuations of norms in d dimensions.
 */
function chainMoments(
  name: Name,
  process: Process,
  levels: readonly Level[],
  m: number,
  s: number,
  { snr = 0, d = 1 } = {},
) {
  let mean = 0;
  let variance = process.kind === 've' ? 20 ** 2 : 1;
  levels.forEach((from, i) => {
    const to = levels[i + 1] ?? CLEAN;
    const v = from.scale ** 2 * s * s + from.sigma ** 2;
    const e = 2 * (from.scale / to.scale) ** 2 * snr ** 2;
    mean += e * (from.scale * m - mean);
    variance = (1 - e) ** 2 * variance + 2 * e * v * atRest(d);
    const { mean: step, std } = byHand(name, process, from, to);
    const score = (x: number) => (from.scale * m - x) / v;
    const slope = step(1, score(1)) - step(0, score(0));
    mean = step(mean, score(mean));
    variance = slope ** 2 * variance + (to === CLEAN ? 0 : std ** 2);
  });
  return { mean, variance };
}

describe.each(cases)('$name, $kind', ({ name, process }) => {
  const spacing = process.kind === 'vp' ? linspace() : exponential();

  test('on a Gaussian: the moments of its own chain within 4 standard errors (seed 5)', async () => {
    const [m, s, steps] = [1.5, 0.7, 25];
    const source = mixture({ components: [{ weight: 1, mean: [m], std: [s] }], process });
    const sampler = predictorCorrector({ predictor: predictors[name], spacing });
    const { samples } = await sample(source, { sampler, steps, count: N, batch: N, seed: 5 }).result;
    const { mean, variance } = chainMoments(name, process, spacing(process, steps), m, s);
    expectMoments(samples, { mean: [mean], covariance: [[variance]] }, 'seed 5');
  });

  test(
    'on a mixture, with a corrector: weights and moments within 4 standard errors (seed 6)',
    { tags: ['long'] },
    async () => {
      // 24 dimensions, for norms that vary little.
      const [d, n, snr, steps] = [24, 1500, 0.05, 100];
      const parts = [
        { weight: 0.7, mean: new Array<number>(d).fill(0.8), std: new Array<number>(d).fill(0.5) },
        { weight: 0.3, mean: new Array<number>(d).fill(-0.8), std: new Array<number>(d).fill(0.3) },
      ];
      const source = mixture({ components: parts, process });
      const corrector = langevinCorrector({ snr });
      const sampler = predictorCorrector({ predictor: predictors[name], corrector, spacing });
      const { samples } = await sample(source, { sampler, steps, count: n, batch: n, seed: 6 }).result;
      const of = (i: number) => samples.subarray(i * d, (i + 1) * d);
      const first = Array.from({ length: n }, (_, i) => of(i).reduce((a, b) => a + b) > 0);
      const share = first.filter(Boolean).length / n;
      expect(Math.abs(share - 0.7), `share ${share}`).toBeLessThan(4 * Math.sqrt((0.7 * 0.3) / n));
      parts.forEach(({ mean: [m], std: [s] }, part) => {
        // Near the data, where its law is made, a part far from the other is a Gaussian.
        const expected = chainMoments(name, process, spacing(process, steps), m!, s!, { snr, d });
        const own = first.flatMap((isFirst, i) => (isFirst === (part === 0) ? [...of(i)] : []));
        const mean = own.reduce((a, b) => a + b) / own.length;
        const variance = own.reduce((a, b) => a + (b - mean) ** 2, 0) / own.length;
        const offMean = (mean - expected.mean) / Math.sqrt(expected.variance / own.length);
        const offVariance = (variance / expected.variance - 1) / Math.sqrt(2 / own.length);
        expect(Math.abs(offMean), `mean of part ${part} in standard errors`).toBeLessThan(4);
        expect(Math.abs(offVariance), `variance of part ${part} in standard errors`).toBeLessThan(4);
      });
    },
  );
});

test(
  'the corrector brings a wrong law to that of its level, but for what its steps are too long (seed 7)',
  { tags: ['long'] },
  async () => {
    const [dims, n, s, snr] = [64, 500, 2, 0.1];
    const component = {
      weight: 1,
      mean: new Array<number>(dims).fill(1),
      std: new Array<number>(dims).fill(s),
    };
    const source = mixture({ components: [component], process: ve });
    // From the cleanest level to the cleanest level there is nothing to predict.
    const corrector = langevinCorrector({ snr, steps: 300 });
    const sampler = predictorCorrector({ corrector, spacing: atLevels([0.05]), final: 'min' });
    const initial = new Float32Array(n * dims);
    const { samples } = await sample(source, { sampler, count: n, batch: n, seed: 7, initial }).result;
    const v = s * s + 0.05 ** 2;
    // x' - m = (1 - e)(x - m) + sqrt(2 e v) z with e = eps / v = 2 snr^2, but for the fluctuations of the norms.
    const stationary = (v / (1 - snr ** 2)) * atRest(dims);
    const mean = samples.reduce((a, b) => a + b) / samples.length;
    const variance = samples.reduce((a, b) => a + (b - 1) ** 2, 0) / samples.length;
    expect(Math.abs(mean - 1) * Math.sqrt(samples.length / stationary)).toBeLessThan(4);
    expect(Math.abs(variance / stationary - 1)).toBeLessThan(4 * Math.sqrt(2 / samples.length));
  },
);

test('a sample does not depend on its batch; network calls: one a step, and those of the corrector', async () => {
  let calls = 0;
  const plain = mixture({ components, process: ve });
  const source = {
    ...plain,
    predict: (...args: Parameters<typeof plain.predict>) => (calls++, plain.predict(...args)),
  };
  const run = async (options: PredictorCorrectorOptions, more?: Partial<SampleOptions>) => {
    calls = 0;
    const sampler = predictorCorrector(options);
    return (await sample(source, { sampler, steps: 10, count: 10, seed: 2, ...more }).result).samples;
  };
  const options = { corrector: langevinCorrector({ steps: 3 }) };
  const all = await run(options);
  expect(calls).toBe(40);
  expect(await run(options, { batch: 3 })).toEqual(all);
  expect(await run(options, { first: 4, count: 2 })).toEqual(all.slice(8, 12));
  expect(await run({})).not.toEqual(all);
  expect(calls).toBe(10);
  expect(await run({ predictor: ancestral })).toEqual(await run({ predictor: ancestral, denoise: false }));
  expect(await run({})).not.toEqual(await run({ denoise: false }));
});

test("a predictor of one's own, here Euler's for the ODE; clipping", async () => {
  const source = mixture({ components, process: ve, valueRange: [-0.5, 0.5] });
  const sampler = predictorCorrector({
    predictor: (from, to) => ({ onX: 1, onScore: from.sigma * (noiseRatio(from) - noiseRatio(to)), std: 0 }),
    clip: true,
  });
  const { samples } = await sample(source, { sampler, steps: 5, count: 20, seed: 1 }).result;
  samples.forEach((x) => expect(Math.abs(x)).toBeLessThan(0.5 + 1e-5));
});

test('options that mean nothing are refused', () => {
  expect(() => langevinCorrector({ snr: 0 })).toThrow(
    new RangeError('snr is 0; expected a positive number.'),
  );
  expect(() => langevinCorrector({ steps: 0.5 })).toThrow(
    new RangeError('steps is 0.5; expected a positive integer.'),
  );
  expect(() => predictorCorrector({ clip: { quantile: 2 } })).toThrow('quantile is 2');
});
