import {
  convert,
  linearBetas,
  normals,
  posterior,
  posteriorLogVariances,
  type Parametrisation,
  priorKl,
  type Process,
  processLevels,
  type ScoreSource,
} from '@scorebridge/runtime';
import { expect, test } from 'vitest';
import { bitsPerDim, type BitsPerDimOptions } from './bits-per-dim.js';
import { variationalTerms } from './variational-terms.js';

const D = 64;
const T = 25;
const mean = 0.1;
const std = 0.25;
const schedule = { name: 'linear', betaStart: 4e-3, betaEnd: 0.4, T } as const;
const vp = { kind: 'vp', schedule } as const satisfies Process;

/** The exact prediction for data that are N(mean, std^2) in every dimension; `change` spoils the score. */
function gaussian(
  parametrisation: Parametrisation,
  change = (score: (t: number) => number, t: number) => score(t),
): ScoreSource {
  const levels = new Map(processLevels(vp).map((level) => [level.level, level]));
  return {
    card: { shape: [D], process: vp, parametrisation, classes: null, valueRange: [-1, 1] },
    async predict(x, ts, _label, out = new Float32Array(x.length)) {
      for (let i = 0; i < x.length; i += D) {
        const t = (ts as Float32Array)[i / D]!;
        const row = x.subarray(i, i + D);
        const scores = row.map((value) =>
          change((at) => {
            const { scale, sigma } = levels.get(at)!;
            return -(value - scale * mean) / (scale ** 2 * std ** 2 + sigma ** 2);
          }, t),
        );
        out.set(convert(scores, row, scores, 'score', parametrisation, levels.get(t)!), i);
      }
      return out;
    },
  };
}

const dataOf = (count: number, seed: number) =>
  normals(new Float32Array(count * D), { seed, stream: 1000 }).map((z) => mean + std * z);

/** The terms for that data in bits per dimension, by formula: everything in one dimension, expectations exact. */
function expected(varianceOf: (t: number, betat: number, beta: number, between: number) => number) {
  const betas = linearBetas(schedule);
  const abar = betas.reduce<number[]>((all, beta) => [...all, (all.at(-1) ?? 1) * (1 - beta)], []);
  const betat = (t: number) => (betas[t]! * (1 - abar[t - 1]!)) / (1 - abar[t]!);
  /** E (x_0 - E[x_0 | x_t])^2, the variance of x_0 given x_t. */
  const left = (t: number) => (std ** 2 * (1 - abar[t]!)) / (abar[t]! * std ** 2 + 1 - abar[t]!);
  let denoising = 0;
  for (let t = 2; t <= T; t++) {
    const onX0 = (Math.sqrt(abar[t - 1]!) * betas[t]!) / (1 - abar[t]!);
    const between = onX0 ** 2 * left(t);
    const model = varianceOf(t, betat(t), betas[t]!, between);
    denoising += (Math.log(model / betat(t)) + (betat(t) + between) / model - 1) / 2;
  }
  // x_0 - mu(x_1, 1) is N(0, left(1)); the mass of a bin is that of the decoder's density, by Simpson's rule.
  const width = 2 / 255;
  // A fixed variance of the first step is betat_2, whichever of the two it is of the others.
  const first = varianceOf(1, betat(2), betat(2), left(1));
  const density = (z: number, variance: number) =>
    Math.exp((-z * z) / (2 * variance)) / Math.sqrt(2 * Math.PI * variance);
  const mass = (z: number) =>
    (width / 6) * (density(z - width / 2, first) + 4 * density(z, first) + density(z + width / 2, first));
  const step = Math.sqrt(left(1)) / 100;
  let decoder = 0;
  for (let k = -800; k <= 800; k++) decoder -= step * density(k * step, left(1)) * Math.log(mass(k * step));
  const prior = (abar[T]! * (mean ** 2 + std ** 2) - abar[T]! - Math.log(1 - abar[T]!)) / 2;
  const bits = (nats: number) => nats / Math.LN2;
  return { prior: bits(prior), denoising: bits(denoising), decoder: bits(decoder) };
}

const small = (_t: number, betat: number) => betat;
const large = (_t: number, _betat: number, beta: number) => beta;
/** The variance of p(x_{t-1} | x_t), for which the bound is least. */
const best = (_t: number, betat: number, _beta: number, between: number) => betat + between;

const seed = 3;
const images = dataOf(1000, seed);
const evaluate = (source: ScoreSource, options: BitsPerDimOptions = {}) =>
  bitsPerDim(source, images, { seed, batch: 250, clip: false, ...options });

test.each(['small', 'large'] as const)(
  'on a Gaussian, by its exact score: each term is that of the formula within 1%, variance %s',
  async (variance) => {
    const found = await evaluate(gaussian('eps'), { variance });
    const formula = expected({ small, large }[variance]);
    for (const term of ['prior', 'denoising', 'decoder'] as const)
      expect(Math.abs(found[term] / formula[term] - 1), `${term}, seed ${seed}`).toBeLessThan(0.01);
    const meanSquare = images.reduce((sum, x) => sum + x * x, 0) / images.length;
    expect(found.prior).toBeCloseTo(priorKl(linearBetas(schedule), meanSquare) / Math.LN2, 10);
    expect(found.bitsPerDim).toBeCloseTo(found.prior + found.denoising + found.decoder, 10);
    // No model of the pixels is better than their own entropy, that of the Gaussian in bins of 2/255.
    const entropy = Math.log2((std * Math.sqrt(2 * Math.PI * Math.E) * 255) / 2);
    expect(found.bitsPerDim).toBeGreaterThan(entropy);
    expect(found.bitsPerDim).toBeLessThan(entropy + 2);
  },
);

test(
  'with the best variance learned, dimension by dimension, each term is that of the formula, and the bound tighter',
  { tags: ['long'] },
  async () => {
    const betas = linearBetas(schedule);
    const levels = new Map(processLevels(vp).map((level) => [level.level, level]));
    const logSmallest = posteriorLogVariances(betas);
    const learned: ScoreSource = {
      ...gaussian('eps'),
      async predictVariance(x, ts, label) {
        const varianceShare = x.map((_, i) => {
          const t = (ts as Float32Array)[Math.floor(i / D)]!;
          const { scale, sigma, previous } = levels.get(t)!;
          const q = posterior({ scale, sigma }, previous);
          const left = (std * sigma) ** 2 / ((scale * std) ** 2 + sigma ** 2);
          const smallest = Math.exp(logSmallest[t]!);
          const model = best(t, smallest, betas[t]!, q.onX0 ** 2 * left);
          return Math.log(model / smallest) / Math.log(betas[t]! / smallest);
        });
        return { prediction: await gaussian('eps').predict(x, ts, label), varianceShare };
      },
    };
    const found = await evaluate(learned);
    const formula = expected(best);
    for (const term of ['denoising', 'decoder'] as const)
      expect(Math.abs(found[term] / formula[term] - 1), `${term}, seed ${seed}`).toBeLessThan(0.01);
    const [ofSmall, ofLarge] = [
      await evaluate(learned, { variance: 'small' }),
      await evaluate(learned, { variance: 'large' }),
    ];
    expect(found.denoising).toBeLessThan(0.99 * Math.min(ofSmall.denoising, ofLarge.denoising));
    expect(ofSmall).toEqual(await evaluate(gaussian('eps'), { variance: 'small' }));
    await expect(evaluate(gaussian('eps'), { variance: 'learned' })).rejects.toThrow(
      "The model has learned no variance: take 'small' or 'large'.",
    );
  },
);

test('every parametrisation gives the same bound', async () => {
  const small = { seed, clip: false };
  const few = images.subarray(0, 50 * D);
  const reference = await bitsPerDim(gaussian('eps'), few, small);
  for (const parametrisation of ['x0', 'v', 'mu', 'score', 'denoiser'] as const) {
    const other = await bitsPerDim(gaussian(parametrisation), few, small);
    for (const term of ['prior', 'denoising', 'decoder', 'standardError'] as const)
      expect(other[term] / reference[term], `${parametrisation}, ${term}`).toBeCloseTo(1, 4);
  }
});

test.each<[string, Parameters<typeof gaussian>[1]]>([
  ['of the wrong sign', (score, t) => -score(t)],
  ['of the next t', (score, t) => score(Math.min(t + 1, T))],
  ['of the t before', (score, t) => score(Math.max(t - 1, 1))],
  ['1.2 times too large', (score, t) => 1.2 * score(t)],
])(
  'a score that is %s is found out: a term is not that of the formula, and the bound is looser',
  { tags: ['long'] },
  async (_, change) => {
    const formula = expected(small);
    const [exact, found] = [await evaluate(gaussian('score')), await evaluate(gaussian('score', change))];
    const off = (term: 'denoising' | 'decoder') => Math.abs(found[term] / formula[term] - 1);
    expect(Math.max(off('denoising'), off('decoder')), `seed ${seed}`).toBeGreaterThan(0.01);
    expect(found.bitsPerDim).toBeGreaterThan(exact.bitsPerDim);
  },
);

test(
  'some t of all, by strata: their average is that of every t within its standard errors',
  { tags: ['long'] },
  async () => {
    const few = images.subarray(0, 200 * D);
    const all = await bitsPerDim(gaussian('v'), few, { seed });
    for (const steps of [2, 8]) {
      const runs = await Promise.all(
        Array.from({ length: 16 }, (_, s) => bitsPerDim(gaussian('v'), few, { steps, seed: 100 + s })),
      );
      const average = runs.reduce((sum, run) => sum + run.bitsPerDim / runs.length, 0);
      const error =
        runs.reduce((sum, run) => sum + run.standardError / runs.length, 0) / Math.sqrt(runs.length);
      expect(Math.abs(average - all.bitsPerDim), `${steps} steps`).toBeLessThan(3 * error);
      // One t for all of 2..25 is a poor estimate, seven strata a good one.
      expect(error / all.bitsPerDim).toBeLessThan(steps === 2 ? 0.05 : 0.01);
    }
  },
);

test('the standard error is how far estimates on other images lie apart', async () => {
  const runs = await Promise.all(
    Array.from({ length: 60 }, (_, s) =>
      bitsPerDim(gaussian('v'), dataOf(40, 1000 + s), { steps: 5, seed: 1000 + s }),
    ),
  );
  const average = runs.reduce((sum, run) => sum + run.bitsPerDim / runs.length, 0);
  const spread = Math.sqrt(
    runs.reduce((sum, run) => sum + (run.bitsPerDim - average) ** 2, 0) / (runs.length - 1),
  );
  const told = Math.sqrt(runs.reduce((sum, run) => sum + run.standardError ** 2 / runs.length, 0));
  // The standard deviation of 60 numbers is known to 9%.
  expect(Math.abs(Math.log(told / spread))).toBeLessThan(0.3);
});

test('an image and its noise are the same in any batch', async () => {
  const few = images.subarray(0, 10 * D);
  const one = await bitsPerDim(gaussian('eps'), few, { steps: 4, batch: 1 });
  const seven = await bitsPerDim(gaussian('eps'), few, { steps: 4, batch: 7 });
  expect(seven.bitsPerDim).toBeCloseTo(one.bitsPerDim, 10);
  expect(seven.standardError).toBeCloseTo(one.standardError, 10);
});

test.each([[[-1, 1] as const], [[0, 1] as const], [[-3, 2] as const]])(
  'the decoder gives the 256 pixel values a probability of 1 together, in the range %j',
  ([low, high]) => {
    const card = { parametrisation: 'x0', valueRange: [low, high] } as const;
    const terms = variationalTerms({ ...card, valueRange: [low, high] }, vp, { clip: false });
    for (const share of [-0.2, 0, 0.001, 0.5, 0.97, 1]) {
      const mu = Float32Array.of(low + share * (high - low));
      let total = 0;
      for (let pixel = 0; pixel < 256; pixel++) {
        const x0 = Float32Array.of(low + (high - low) * (pixel / 255));
        total += Math.exp(-terms.at(1, x0, Float32Array.of(0), mu));
      }
      expect(total, `mean at ${share} of the range`).toBeCloseTo(1, 5);
    }
  },
);

test('the fixed variances differ but at t = 1, where both are betat_2', () => {
  const card = { parametrisation: 'x0', valueRange: [-1, 1] as [number, number] } as const;
  const at = (variance: 'small' | 'large', t: number) =>
    variationalTerms(card, vp, { variance }).at(
      t,
      Float32Array.of(0.5),
      Float32Array.of(0.4),
      Float32Array.of(0.49),
    );
  expect(at('large', 1)).toBe(at('small', 1));
  expect(at('large', 2)).not.toBe(at('small', 2));
});

test('an estimate outside the value range is clipped to it, unless told otherwise', () => {
  const card = { parametrisation: 'x0', valueRange: [-1, 1] } as const;
  const [x0, xt] = [Float32Array.of(0.5), Float32Array.of(0)];
  const at = (clip: boolean, estimate: number) =>
    variationalTerms({ ...card, valueRange: [-1, 1] }, vp, { clip }).at(9, x0, xt, Float32Array.of(estimate));
  expect(at(true, 7)).toBe(at(false, 1));
  expect(at(true, -7)).toBe(at(false, -1));
  expect(at(false, 7)).toBeGreaterThan(at(false, 1));
});

const ve: Process = { kind: 've', schedule: { name: 'geometric', sigmaMax: 1, sigmaMin: 0.01, L: 4 } };
const labelled = (unconditional: number | null) => ({ classes: { count: 3, unconditional } });

test.each<[string, BitsPerDimOptions, Partial<ScoreSource['card']>?, number?]>([
  ["Bits per dimension are bounded here for vp models, and this one's process is ve", {}, { process: ve }],
  ['steps is 1; expected an integer from 2 to 25', { steps: 1 }],
  ['steps is 26; expected an integer from 2 to 25', { steps: 26 }],
  ['batch is 0; expected a positive integer.', { batch: 0 }],
  ['at least two whole images of shape [64], found 1.', {}, {}, D],
  ['at least two whole images of shape [64], found 1.5.', {}, {}, 1.5 * D],
  ['The model has no classes, so leave label out.', { label: Int32Array.of(0, 1) }],
  ['The model needs labels: 0 to 2.', {}, labelled(null)],
  ['There are 1 labels for 2 images', { label: Int32Array.of(0) }, labelled(3)],
  ["label is 3; the model's labels are 0 to 2.", { label: Int32Array.of(0, 3) }, labelled(3)],
])('%s', async (sentence, options, card = {}, length = 2 * D) => {
  let calls = 0;
  const { predict, card: usual } = gaussian('eps');
  const source: ScoreSource = {
    card: { ...usual, ...card },
    predict: (...args) => (calls++, predict(...args)),
  };
  await expect(bitsPerDim(source, images.subarray(0, length), options)).rejects.toThrow(sentence);
  expect(calls).toBe(0);
});

test('labels reach the network, each with its image; progress is told; an abort and a prediction of NaN end it', async () => {
  const { predict, card } = gaussian('eps');
  const seen: number[][] = [];
  const source: ScoreSource = {
    card: { ...card, ...labelled(3) },
    predict: (x, t, label, out) => (seen.push([...label!]), predict(x, t, label, out)),
  };
  const few = images.subarray(0, 3 * D);
  const progress: string[] = [];
  const options = { steps: 2, batch: 2, label: Int32Array.of(2, 0, 1) };
  await bitsPerDim(source, few, {
    ...options,
    onProgress: (done, total) => progress.push(`${done}/${total}`),
  });
  expect(seen).toEqual([[2, 0], [2, 0], [1], [1]]);
  expect(progress).toEqual(['1/4', '2/4', '3/4', '4/4']);
  const reason = new Error('enough');
  await expect(bitsPerDim(source, few, { ...options, signal: AbortSignal.abort(reason) })).rejects.toBe(
    reason,
  );
  const broken: ScoreSource = { card, predict: async (x) => x.map(() => NaN) };
  await expect(bitsPerDim(broken, few)).rejects.toThrow("The model's prediction at t = 1 is not finite.");
});
