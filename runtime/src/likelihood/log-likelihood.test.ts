import { expect, test } from 'vitest';
import type { Parametrisation, Process } from '../card/model-card.js';
import type { ScoreSource } from '../model/score-model.js';
import { normals } from '../noise/normal.js';
import { dormandPrince8 } from '../ode/dormand-prince-8.js';
import { conversion } from '../parametrisation/convert.js';
import { continuousLevels } from '../process/level-at.js';
import { type Marginal } from '../process/level.js';
import { noiseRatio } from '../process/noise-ratio.js';
import { processLevels } from '../process/process-levels.js';
import { probabilityFlow } from '../samplers/probability-flow.js';
import { sample } from '../sampling/sample.js';
import { mixture } from '../testing/mixture.js';
import { components, ve, vp } from '../testing/two-parts.js';
import { type Likelihood, type LikelihoodOptions, logLikelihood } from './log-likelihood.js';
import { exactTrace, hutchinson } from './probes.js';

/** log of the mixture under noise, at x in the process's own units. */
function logDensity(x: ArrayLike<number>, { scale, sigma }: Marginal): number {
  const logs = components.map(({ weight, mean, std }) =>
    mean.reduce((log, m, d) => {
      const variance = (scale * std[d]!) ** 2 + sigma ** 2;
      return log - (x[d]! - scale * m) ** 2 / (2 * variance) - Math.log(2 * Math.PI * variance) / 2;
    }, Math.log(weight)),
  );
  return Math.log(logs.reduce((sum, log) => sum + Math.exp(log), 0));
}

const points = Float32Array.of(1.1, 0.4, -0.9, -0.8, 0.1, 0, 2.5, 1.5, -1.3, 0.2);
const ends = (process: Process) => {
  const levels = processLevels(process);
  return { noisiest: levels[0]!, cleanest: levels.at(-1)! };
};

/** What the ODE makes of the points with the mixture itself, and not a normal law, at its end. */
function withOwnPrior({ logLikelihood, latents }: Likelihood, process: Process): number[] {
  const { noisiest } = ends(process);
  const std = process.kind === 'vp' ? 1 : noisiest.sigma;
  return Array.from(logLikelihood, (log, i) => {
    const latent = latents.subarray(2 * i, 2 * i + 2);
    const square = latent[0]! ** 2 + latent[1]! ** 2;
    const prior = -square / (2 * std ** 2) - Math.log(2 * Math.PI * std ** 2);
    return log - prior + logDensity(latent, noisiest);
  });
}

const expected = (process: Process): number[] => {
  const { cleanest } = ends(process);
  const ratio = noiseRatio(cleanest);
  return Array.from({ length: points.length / 2 }, (_, i) =>
    logDensity(points.subarray(2 * i, 2 * i + 2), { scale: 1, sigma: ratio }),
  );
};

const parametrisations: Parametrisation[] = ['eps', 'x0', 'v', 'score', 'denoiser'];
test.each([vp, ve].flatMap((process) => parametrisations.map((p) => [process.kind, p, process] as const)))(
  'a mixture: the true log density within the tolerance: %s, %s',
  async (_, parametrisation, process) => {
    const source = mixture({ components, process, parametrisation });
    for (const [rtol, most] of [
      [1e-3, 1e-2],
      [1e-5, 4e-4],
    ] as const) {
      const found = await logLikelihood(source, points, { probes: exactTrace(), rtol, atol: rtol });
      const truth = expected(process);
      withOwnPrior(found, process).forEach((log, i) => {
        expect(Math.abs(log - truth[i]!), `point ${i}, rtol ${rtol}`).toBeLessThan(most);
      });
    }
  },
);

test('noise that wins: the true log density as it stands, without a word about the prior', async () => {
  const process: Process = {
    kind: 'vp',
    schedule: { name: 'linear', betaStart: 1e-4, betaEnd: 4e-2, T: 1000 },
  };
  const source = mixture({ components, process, parametrisation: 'v' });
  const found = await logLikelihood(source, points, { probes: exactTrace(), rtol: 1e-6, atol: 1e-6 });
  const truth = expected(process);
  found.logLikelihood.forEach((log, i) => expect(Math.abs(log - truth[i]!)).toBeLessThan(3e-4));
  found.bitsPerDim.forEach((bits, i) =>
    expect(bits).toBeCloseTo(-found.logLikelihood[i]! / (2 * Math.LN2), 12),
  );
});

/** Without the products that a closed form has. */
const predictionsOf = ({ card, predict }: ScoreSource): ScoreSource => ({ card, predict });

test.each([vp, ve])('central differences in place of the product: $kind', async (process) => {
  const source = mixture({ components, process, parametrisation: 'eps' });
  const options = { probes: exactTrace(), rtol: 1e-6, atol: 1e-6 };
  const exact = await logLikelihood(source, points, options);
  const found = await logLikelihood(predictionsOf(source), points, options);
  expect([exact.derivative, found.derivative]).toEqual(['vjp', 'differences']);
  found.logLikelihood.forEach((log, i) =>
    expect(Math.abs(log - exact.logLikelihood[i]!), `point ${i}`).toBeLessThan(2e-3),
  );
  const chosen = await logLikelihood(source, points, { ...options, derivative: 'differences' });
  expect(chosen.logLikelihood).toEqual(found.logLikelihood);
});

// Pixels N(m, a I + b 11'), of 16, in a model that knows them so.
const [D, m, a, b] = [16, 0.1, 0.03, 0.02];
function correlated(process: Process, parametrisation: Parametrisation): ScoreSource {
  const { at } = continuousLevels(process);
  const own = new Map(processLevels(process).map((level) => [level.level, level]));
  const levelOf = (told: number) => {
    if (process.kind === 've') return at(told);
    const [below, above] = [own.get(Math.floor(told))!, own.get(Math.ceil(told))!];
    const share = told - Math.floor(told);
    return at(noiseRatio(below) ** (1 - share) * noiseRatio(above) ** share);
  };
  /** -Sigma^-1 u, by Sherman and Morrison. */
  const solve = (u: ArrayLike<number>, { scale, sigma }: Marginal) => {
    const [A, B] = [scale ** 2 * a + sigma ** 2, scale ** 2 * b];
    const sum = Array.from(u).reduce((total, value) => total + value, 0);
    return Array.from(u, (value) => -(value - (B * sum) / (A + D * B)) / A);
  };
  const rows = (x: Float32Array, level: number | Float32Array, v?: Float32Array) => {
    const [prediction, vjp] = [new Float32Array(x.length), new Float32Array(x.length)];
    for (let i = 0; i < x.length; i += D) {
      const told = levelOf(typeof level === 'number' ? level : level[i / D]!);
      const [onX, onScore] = conversion('score', parametrisation, told);
      const score = solve(
        x.subarray(i, i + D).map((value) => value - told.scale * m),
        told,
      );
      score.forEach((s, d) => (prediction[i + d] = onX * x[i + d]! + onScore * s));
      if (!v) continue;
      solve(v.subarray(i, i + D), told).forEach((jv, d) => (vjp[i + d] = onX * v[i + d]! + onScore * jv));
    }
    return { prediction, vjp };
  };
  return {
    card: { shape: [4, 4], process, parametrisation, classes: null, valueRange: [-1, 1] },
    predict: async (x, level) => rows(x, level).prediction,
    vjp: async (x, level, v) => rows(x, level, v),
  };
}

/** Draws of that law as bytes, 0 at -1 and 255 at 1. */
function bytesOf(count: number, seed: number): Uint8Array {
  const z = normals(new Float32Array(count * (D + 1)), { seed });
  return Uint8Array.from({ length: count * D }, (_, i) => {
    const row = Math.floor(i / D);
    const x = m + Math.sqrt(a) * z[i]! + Math.sqrt(b) * z[count * D + row]!;
    return Math.round(((Math.min(Math.max(x, -1), 1) + 1) / 2) * 255);
  });
}

const strong: Process = {
  kind: 'vp',
  schedule: { name: 'linear', betaStart: 1e-4, betaEnd: 3e-2, T: 1000 },
};
const wide: Process = { kind: 've', schedule: { name: 'geometric', sigmaMax: 50, sigmaMin: 0.01, L: 20 } };
const estimators: [string, number, LikelihoodOptions][] = [
  ['exact', 40, { probes: exactTrace() }],
  ['hutchinson', 600, {}],
  ['two probes', 300, { probes: hutchinson({ probes: 2 }) }],
  ['differences', 40, { probes: exactTrace(), derivative: 'differences' }],
];
test.each(
  [strong, wide].flatMap((process) => estimators.map((row) => [process.kind, ...row, process] as const)),
)(
  'bits per dimension of Gaussian data in 8 bits, within 0.01 of the closed form: %s, %s',
  async (_, name, count, options, process) => {
    const seed = 5;
    const bytes = bytesOf(count, seed);
    const found = await logLikelihood(correlated(process, 'eps'), bytes, {
      ...{ rtol: 1e-3, atol: 1e-3, batch: 256, seed: 1 },
      ...options,
    });
    // -log2 of the law under least noise at the bytes, on average over their bins of width w.
    const w = 2 / 255;
    const r2 = noiseRatio(ends(process).cleanest) ** 2;
    const [A, B] = [a + r2, D * b + a + r2];
    let nats = D * (Math.log(2 * Math.PI) / 2 - Math.log(w)) + ((D - 1) * Math.log(A) + Math.log(B)) / 2;
    nats += ((w ** 2 / 24) * (D - 1)) / A + w ** 2 / 24 / B;
    for (let i = 0; i < bytes.length; i += D) {
      const u = Array.from(bytes.subarray(i, i + D), (byte) => -1 + w * byte - m);
      const along = u.reduce((sum, value) => sum + value, 0) / Math.sqrt(D);
      const square = u.reduce((sum, value) => sum + value * value, 0);
      nats += ((square - along ** 2) / A + along ** 2 / B) / (2 * count);
    }
    const bits = found.bitsPerDim.reduce((sum, value) => sum + value / count, 0);
    expect(Math.abs(bits - nats / (D * Math.LN2)), `${name}, seed ${seed}: ${bits}`).toBeLessThan(0.01);
  },
);

test(
  "Hutchinson's probes: right on average, and the nearer the more there are (seeds 0 to 199)",
  { tags: ['long'] },
  async () => {
    const source = correlated(strong, 'v');
    const x = Float32Array.from({ length: D }, (_, d) => Math.sin(d) / 5);
    const all = Float32Array.from({ length: 200 * D }, (_, i) => x[i % D]!);
    const at = async (options: LikelihoodOptions) =>
      (await logLikelihood(source, all, { rtol: 1e-4, atol: 1e-4, ...options })).logLikelihood;
    const [exact] = await at({ probes: exactTrace() });
    const deviations: number[] = [];
    for (const law of ['rademacher', 'gaussian'] as const) {
      for (const probes of [1, 8]) {
        const logs = await at({ probes: hutchinson({ probes, law }) });
        const mean = logs.reduce((sum, log) => sum + log / 200, 0);
        const deviation = Math.sqrt(logs.reduce((sum, log) => sum + (log - mean) ** 2, 0) / 199);
        expect(Math.abs(mean - exact!), `${law}, ${probes}`).toBeLessThan((4 * deviation) / Math.sqrt(200));
        deviations.push(deviation);
      }
    }
    // The standard deviation falls as 1 / sqrt(8), and is known here to 5%.
    const [r1, r8, g1, g8] = deviations as [number, number, number, number];
    expect(Math.abs(r1 / r8 / Math.sqrt(8) - 1)).toBeLessThan(0.25);
    expect(Math.abs(g1 / g8 / Math.sqrt(8) - 1)).toBeLessThan(0.25);
    // Rademacher's knows the diagonal.
    expect(g1).toBeGreaterThan(1.2 * r1);
  },
);

test('the latent leads back to the data', async () => {
  for (const process of [vp, ve]) {
    const source = mixture({ components, process });
    const tight = { rtol: 1e-9, atol: 1e-9, method: dormandPrince8 };
    const { latents } = await logLikelihood(source, points, { ...tight, rtol: 1e-6, atol: 1e-6 });
    const sampler = probabilityFlow({ ...tight, final: 'min' });
    const { samples } = await sample(source, { sampler, count: 5, seed: 1, float64: true, initial: latents })
      .result;
    const { scale } = ends(process).cleanest;
    samples.forEach((value, i) => expect(Math.abs(value / scale - points[i]!)).toBeLessThan(1e-4));
  }
});

test('a sample does not depend on those beside it, and is known by its index under the seed', async () => {
  for (const process of [vp, ve]) {
    const source = correlated(process, 'eps');
    const bytes = bytesOf(7, 3);
    const run = (options: LikelihoodOptions, from = 0, to = 7) =>
      logLikelihood(source, bytes.subarray(from * D, to * D), {
        rtol: 1e-3,
        atol: 1e-3,
        seed: 9,
        ...options,
      });
    const all = await run({});
    for (const batch of [1, 3, 5]) expect(await run({ batch })).toEqual(all);
    const later = await run({ first: 4 }, 4);
    expect(later.logLikelihood).toEqual(all.logLikelihood.subarray(4));
    expect(later.evaluations).toEqual(all.evaluations.subarray(4));
    expect((await run({ seed: 10 })).logLikelihood).not.toEqual(all.logLikelihood);
    const several = { probes: hutchinson({ probes: 3 }) };
    const differences = { ...several, derivative: 'differences' } as const;
    for (const options of [several, differences, { probes: exactTrace() }]) {
      const whole = await run(options);
      expect(await run({ ...options, batch: 4 })).toEqual(whole);
    }
  }
});

test('no network call is larger than the batch, and each sample counts its own', async () => {
  const source = correlated(vp, 'eps');
  const rows: number[] = [];
  const spy: ScoreSource = {
    ...source,
    vjp: (x, ...rest) => (rows.push(x.length / D), source.vjp!(x, ...rest)),
  };
  const { evaluations } = await logLikelihood(spy, bytesOf(9, 1), { batch: 4, rtol: 1e-3, atol: 1e-3 });
  expect(Math.max(...rows)).toBe(4);
  expect(rows.reduce((sum, n) => sum + n, 0)).toBe(evaluations.reduce((sum, n) => sum + n, 0));
});

test('labels go with their samples', async () => {
  const plain = mixture({ components: [{ weight: 1, mean: [0, 0], std: [1, 1] }], process: vp });
  const { at } = continuousLevels(vp);
  const source: ScoreSource = {
    card: { ...plain.card, parametrisation: 'x0', classes: { count: 3, unconditional: 3 } },
    // Data that is the point (label, label), all but.
    predict: async (x, _level, label) => x.map((_, i) => label![i >> 1]!),
  };
  const x = Float32Array.of(0, 0, 1, 1, 2, 2, 2, 2);
  const { logLikelihood: logs } = await logLikelihood(source, x, { label: [0, 1, 2, 0], rtol: 1e-4 });
  const { min } = continuousLevels(vp);
  const peak = -2 * Math.log(noiseRatio(at(min)) * Math.sqrt(2 * Math.PI));
  for (const i of [0, 1, 2]) expect(logs[i]! / peak).toBeCloseTo(1, 2);
  expect(logs[3]!).toBeLessThan(-1000);
});

test('progress is told, and an abort ends it with its reason', async () => {
  const source = correlated(vp, 'eps');
  const told: [number, number][] = [];
  const onProgress = (done: number, total: number) => void told.push([done, total]);
  const bytes = bytesOf(5, 1);
  await logLikelihood(source, bytes, { onProgress, batch: 2 });
  expect(told).toEqual([1, 2, 3, 4, 5].map((n) => [n, 5]));
  const controller = new AbortController();
  const reason = new Error('enough');
  let calls = 0;
  const slow: ScoreSource = {
    ...source,
    vjp: (...call) => (++calls === 3 && controller.abort(reason), source.vjp!(...call)),
  };
  await expect(logLikelihood(slow, bytes, { signal: controller.signal })).rejects.toBe(reason);
  expect(calls).toBe(3);
  await expect(logLikelihood(slow, bytes, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  expect(calls).toBe(3);
});

test.each<[string, LikelihoodOptions, number?]>([
  ['x has 17 numbers; expected a multiple of 16, shape [count, 4, 4].', {}, 17],
  ['x has 0 numbers; expected a multiple of 16', {}, 0],
  ['batch is 0; expected a positive integer.', { batch: 0 }],
  ['seed is -1; expected an integer from 0', { seed: -1 }],
  ['first is -1; expected an integer >= 0', { first: -1 }],
  ['rtol is 2; expected a number from 2.3e-14 to 1.', { rtol: 2 }],
  ['The model has no classes, so leave label out.', { label: 1 }],
  [
    "The model has no vector-Jacobian product: load one with it, or take derivative 'differences'.",
    { derivative: 'vjp' },
  ],
])('%s', async (sentence, options, length = 32) => {
  const source = predictionsOf(correlated(vp, 'eps'));
  const run = logLikelihood(source, new Float32Array(length), options);
  await expect(run).rejects.toThrow(sentence);
  await expect(run).rejects.toBeInstanceOf(RangeError);
});

test('what cannot be is refused by name: probes, laws, a model of mu, numbers that are none', async () => {
  expect(() => hutchinson({ probes: 0 })).toThrow('probes is 0; expected a positive integer.');
  expect(() => hutchinson({ law: 'cauchy' as 'gaussian' })).toThrow("law is cauchy; expected 'rademacher'");
  const source = correlated(vp, 'eps');
  const mu = { ...source, card: { ...source.card, parametrisation: 'mu' as const } };
  await expect(logLikelihood(mu, new Float32Array(16))).rejects.toThrow(
    'between those that a model of mu has',
  );
  const x = new Float32Array(32);
  x[20] = NaN;
  await expect(logLikelihood(source, x)).rejects.toThrow('x holds NaN at 20; expected finite numbers.');
  const broken: ScoreSource = { card: source.card, predict: async (x) => x.map(() => NaN) };
  await expect(logLikelihood(broken, new Float32Array(16))).rejects.toThrow(
    /prediction at level 1 is not finite/,
  );
});
