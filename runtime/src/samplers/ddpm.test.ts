import { expect, test } from 'vitest';
import type { Parametrisation, Process, VpProcess } from '../card/model-card.js';
import type { ScoreSource } from '../model/score-model.js';
import { sample } from '../sampling/sample.js';
import { alphaBars } from '../schedules/alpha-bars.js';
import { linearBetas } from '../schedules/linear-betas.js';
import { mixture } from '../testing/mixture.js';
import { ddpm } from './ddpm.js';

const N = 20_000;
const vp: VpProcess = { kind: 'vp', schedule: { name: 'linear', betaStart: 1e-4, betaEnd: 2e-2, T: 1000 } };

const average = (values: ArrayLike<number>) => Array.from(values).reduce((a, b) => a + b, 0) / values.length;
const column = (samples: Float32Array, d: number) => samples.filter((_, i) => i % 2 === d);

// Standard errors: mean s / sqrt(n), variance s^2 sqrt(2 / n), covariance s t / sqrt(n) of independent columns, weight
// sqrt(w (1 - w) / n). The chain of 1,000 steps itself is off by at most 0.02 of these in the mean and 0.9 in the
// variance (by the recursion below), which the 4 cover.

test(
  'on a Gaussian: mean and covariance within 4 standard errors of 20,000 samples (seed 1)',
  { tags: ['long'] },
  async () => {
    const mean = [1, -2];
    const std = [1, 1.5];
    const source = mixture({ components: [{ weight: 1, mean, std }], process: vp, parametrisation: 'eps' });
    const { samples } = await sample(source, { sampler: ddpm({ clip: false }), count: N, seed: 1, batch: N })
      .result;
    const centred = [0, 1].map((d) => column(samples, d).map((x) => x - mean[d]!));
    for (const d of [0, 1]) {
      expect(Math.abs(average(centred[d]!))).toBeLessThan((4 * std[d]!) / Math.sqrt(N));
      expect(Math.abs(average(centred[d]!.map((x) => x * x)) / std[d]! ** 2 - 1)).toBeLessThan(
        4 * Math.sqrt(2 / N),
      );
    }
    const covariance = average(centred[0]!.map((x, i) => x * centred[1]![i]!));
    expect(Math.abs(covariance)).toBeLessThan((4 * std[0]! * std[1]!) / Math.sqrt(N));
  },
);

test(
  'on a mixture: weights, and mean and covariance in each part, within 4 standard errors (seed 2)',
  { tags: ['long'] },
  async () => {
    const components = [
      { weight: 0.7, mean: [3, 2], std: [0.6, 1] },
      { weight: 0.3, mean: [-3, -2], std: [1, 0.6] },
    ];
    const source = mixture({ components, process: vp, parametrisation: 'v' });
    const sampler = ddpm({ clip: false, variance: 'large' });
    const { samples } = await sample(source, { sampler, count: N, seed: 2, batch: N }).result;
    const xs = column(samples, 0);
    const ys = column(samples, 1);
    const first = xs.map((x, i) => (x + ys[i]! > 0 ? 1 : 0));
    expect(Math.abs(average(first) - 0.7)).toBeLessThan(4 * Math.sqrt((0.7 * 0.3) / N));
    components.forEach(({ weight, mean, std }, c) => {
      const n = N * weight;
      const part = [xs, ys].map((v, d) => v.filter((_, i) => first[i] === 1 - c).map((x) => x - mean[d]!));
      for (const d of [0, 1]) {
        expect(Math.abs(average(part[d]!))).toBeLessThan((4 * std[d]!) / Math.sqrt(n));
        expect(Math.abs(average(part[d]!.map((x) => x * x)) / std[d]! ** 2 - 1)).toBeLessThan(
          4 * Math.sqrt(2 / n),
        );
      }
      const covariance = average(part[0]!.map((x, i) => x * part[1]![i]!));
      expect(Math.abs(covariance)).toBeLessThan((4 * std[0]! * std[1]!) / Math.sqrt(n));
    });
  },
);

/**
 * Mean and variance of x_0 of the chain over the given t's on data N(m, s^2), by Ho et al.'s equations 6 and 7 for the
 * betas 1 - abar_t / abar_t' of the shorter chain.
 */
function chainMoments(
  timesteps: number[],
  m: number,
  s: number,
  varianceOf: (betat: number, beta: number) => number,
): { mean: number; variance: number } {
  const abar = alphaBars(linearBetas());
  let mean = 0;
  let variance = 1;
  timesteps.forEach((t, i) => {
    const previous = abar[timesteps[i + 1] ?? 0]!;
    const alpha = abar[t]! / previous;
    const beta = 1 - alpha;
    const gain = (Math.sqrt(abar[t]!) * s * s) / (abar[t]! * s * s + 1 - abar[t]!);
    const toX0 = (Math.sqrt(previous) * beta) / (1 - abar[t]!);
    const slope = (Math.sqrt(alpha) * (1 - previous)) / (1 - abar[t]!) + toX0 * gain;
    mean = slope * mean + toX0 * (m - gain * Math.sqrt(abar[t]!) * m);
    const noise = i === timesteps.length - 1 ? 0 : varianceOf((beta * (1 - previous)) / (1 - abar[t]!), beta);
    variance = slope ** 2 * variance + noise;
  });
  return { mean, variance };
}

test.each([
  ['small', [1000, 875, 750, 625, 501, 376, 251, 126, 1]],
  ['large', [1000, 875, 750, 625, 501, 376, 251, 126, 1]],
  ['small', [1000, 1]],
  ['large', [1000]],
] as const)(
  'respaced, %s variance, t = %j: the law of the shorter chain (seed 3)',
  async (variance, timesteps) => {
    const source = mixture({ components: [{ weight: 1, mean: [1.5], std: [0.7] }], process: vp });
    const sampler = ddpm({ clip: false, variance });
    expect(sampler.plan(vp, timesteps.length).levels.map(({ level }) => level)).toEqual(timesteps);
    const { samples } = await sample(source, {
      sampler,
      steps: timesteps.length,
      count: N,
      seed: 3,
      batch: N,
    }).result;
    const expected = chainMoments([...timesteps], 1.5, 0.7, (betat, beta) =>
      variance === 'large' ? beta : betat,
    );
    const mean = average(samples);
    expect(Math.abs(mean - expected.mean)).toBeLessThan(4 * Math.sqrt(expected.variance / N));
    const found = average(samples.map((x) => (x - mean) ** 2));
    expect(Math.abs(found / expected.variance - 1)).toBeLessThan(4 * Math.sqrt(2 / N));
  },
);

const SHARES = [0, 0.4, 1, 1.2];
/** The exact prediction of N(1.5, 0.7^2), and in each dimension another share of the way from betat to beta. */
function withLearnedVariance(): ScoreSource {
  const component = { weight: 1, mean: SHARES.map(() => 1.5), std: SHARES.map(() => 0.7) };
  const source = mixture({ components: [component], process: vp });
  return {
    ...source,
    async predictVariance(x, level, label) {
      return {
        prediction: await source.predict(x, level, label),
        varianceShare: x.map((_, i) => SHARES[i % SHARES.length]!),
      };
    },
  };
}

test('a learned variance is log-linear between those of the step, dimension by dimension (seed 3)', async () => {
  const timesteps = [1000, 875, 750, 625, 501, 376, 251, 126, 1];
  const options = { steps: timesteps.length, count: N, seed: 3, batch: N };
  const source = withLearnedVariance();
  const learned = await sample(source, { sampler: ddpm({ clip: false }), ...options }).result;
  const variances = SHARES.map((share, d) => {
    const xs = learned.samples.filter((_, i) => i % SHARES.length === d);
    const expected = chainMoments(timesteps, 1.5, 0.7, (betat, beta) => beta ** share * betat ** (1 - share));
    const mean = average(xs);
    expect(Math.abs(mean - expected.mean)).toBeLessThan(4 * Math.sqrt(expected.variance / N));
    const found = average(xs.map((x) => (x - mean) ** 2));
    expect(Math.abs(found / expected.variance - 1), `${share}`).toBeLessThan(4 * Math.sqrt(2 / N));
    return found;
  });
  // Far enough apart for the test to tell one from the next.
  variances.slice(1).forEach((v, i) => expect(v / variances[i]!).toBeGreaterThan(1 + 4 * Math.sqrt(2 / N)));

  // It is used unless another is asked for; where it is asked for it has to be there.
  const few = { ...options, count: 20 };
  const of = async (variance?: 'small' | 'large' | 'learned') =>
    (await sample(source, { sampler: ddpm({ clip: false, variance }), ...few }).result).samples;
  expect(await of('learned')).toEqual(await of());
  const { predictVariance: _, ...without } = source;
  const fixed = await sample(without, { sampler: ddpm({ clip: false }), ...few }).result;
  expect(await of('small')).toEqual(fixed.samples);
  expect(await of('large')).not.toEqual(fixed.samples);
  expect(() => sample(without, { sampler: ddpm({ variance: 'learned' }), ...few })).toThrow(
    new RangeError(
      "The sampler ddpm was asked for the variance that the model has learned, and it has learned none: take 'small' or 'large'.",
    ),
  );
});

test('a learned variance that is not a number, or not one for each value, ends the run', async () => {
  const answering = (varianceShare: Float32Array): ScoreSource => ({
    ...withLearnedVariance(),
    predictVariance: async (x) => ({ prediction: new Float32Array(x.length), varianceShare }),
  });
  const options = { steps: 3, count: 1, seed: 1 };
  await expect(sample(answering(new Float32Array(4).fill(NaN)), options).result).rejects.toThrow(
    "The model's variance at level 1000 is not finite",
  );
  await expect(sample(answering(new Float32Array(3)), options).result).rejects.toThrow(
    'The model returned 3 variances for 4 numbers; expected as many.',
  );
});

const ve: Process = { kind: 've', schedule: { name: 'geometric', sigmaMax: 30, sigmaMin: 0.01, L: 400 } };

test(
  'on a ve process: mean and variance of a Gaussian within 4 standard errors (seed 5)',
  { tags: ['long'] },
  async () => {
    const source = mixture({ components: [{ weight: 1, mean: [1], std: [1] }], process: ve });
    const sampler = ddpm({ clip: false, variance: 'large' });
    const { samples } = await sample(source, { sampler, count: N, seed: 5, batch: N }).result;
    const mean = average(samples);
    const variance = average(samples.map((x) => (x - mean) ** 2));
    expect(Math.abs(mean - 1)).toBeLessThan(4 / Math.sqrt(N));
    expect(Math.abs(variance - 1)).toBeLessThan(4 * Math.sqrt(2 / N));
  },
);

test.each([vp, ve])('a network of any parametrisation gives the same samples: $kind', async (process) => {
  const components = [
    { weight: 0.5, mean: [1, 0], std: [0.5, 0.2] },
    { weight: 0.5, mean: [-1, 0], std: [0.2, 0.5] },
  ];
  const run = async (parametrisation: Parametrisation) =>
    (
      await sample(mixture({ components, process, parametrisation }), {
        sampler: ddpm(),
        steps: 20,
        count: 50,
        seed: 9,
      }).result
    ).samples;
  const expected = await run('x0');
  for (const parametrisation of ['eps', 'v', 'mu', 'score', 'denoiser'] as const) {
    const found = await run(parametrisation);
    const worst = found.reduce((w, x, i) => Math.max(w, Math.abs(x - expected[i]!)), 0);
    // mu of neighbouring levels hardly depends on x_0, so a float32 mu says least about it: 1e-7 / onX0(T) = 1e-4.
    expect(worst, parametrisation).toBeLessThan(parametrisation === 'mu' ? 1e-4 : 1e-6);
  }
});

test('clipping keeps samples in the value range', async () => {
  const components = [{ weight: 1, mean: [0], std: [3] }];
  const source = mixture({ components, process: vp, valueRange: [-1, 0.5] });
  const range = async (clip: boolean) => {
    const { samples } = await sample(source, { sampler: ddpm({ clip }), steps: 20, count: 200, seed: 6 })
      .result;
    return [Math.min(...samples), Math.max(...samples)];
  };
  expect(await range(true)).toEqual([-1, 0.5]);
  expect((await range(false))[1]).toBeGreaterThan(2);
});

test('more steps than levels are refused', () => {
  expect(() => ddpm().plan(vp, 1001)).toThrow("steps is 1001; the model's schedule has 1000 levels");
});
