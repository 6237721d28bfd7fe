import {
  atNoiseLevels,
  compiledEngine,
  contrastiveDivergence,
  denoising,
  type Engine,
  energyModel,
  explicit,
  finiteDifferenceSliced,
  fit,
  gaussianEnergy,
  gaussianScore,
  type Network,
  type Objective,
  sliced,
} from '@scorebridge/training';
import { beforeAll, describe, expect, test } from 'vitest';
import { covariance, D, gaussianBatch, inverse, mean } from './support/gaussian.js';

const seed = 29;
const models = {
  'a linear score': gaussianScore({ dimensions: D }),
  'a quadratic energy': energyModel(gaussianEnergy({ dimensions: D })),
};
const [sigma] = [0.5];

/** Each objective, and the variance of the noise whose score it learns. */
const objectives: Record<string, { objective: Objective; noise?: number; energyOnly?: boolean }> = {
  explicit: { objective: explicit() },
  'sliced, variance reduced': { objective: sliced() },
  'sliced, plain, Gaussian, 2 slices': {
    objective: sliced({ varianceReduced: false, projection: 'gaussian', slices: 2 }),
  },
  'sliced on the sphere': { objective: sliced({ projection: 'sphere' }) },
  'finite differences': { objective: finiteDifferenceSliced() },
  denoising: { objective: denoising({ sigmas: Float64Array.of(sigma) }), noise: sigma ** 2 },
  'sliced at a noise level': {
    objective: atNoiseLevels(sliced(), { sigmas: Float64Array.of(sigma) }),
    noise: sigma ** 2,
  },
  'contrastive divergence': {
    objective: contrastiveDivergence({ steps: 20, eps: 0.01 }),
    energyOnly: true,
  },
};

let engine: Engine;
beforeAll(async () => {
  engine = await compiledEngine({ provider: 'cpu' });
});

/** The parameters of a model, by name, in the order m, P. */
const split = (flat: Float32Array) => ({ m: flat.subarray(0, D), P: flat.subarray(D) });

const distance = (a: ArrayLike<number>, b: ArrayLike<number>) =>
  Math.sqrt(Array.from(a).reduce((sum, value, i) => sum + (value - b[i]!) ** 2, 0));

describe.each(Object.entries(models))('%s', (kind, network: Network) => {
  const cases = Object.entries(objectives).filter(([, { energyOnly }]) => !energyOnly || 'energy' in network);
  test.each(cases)(`recovers mean and precision of a Gaussian in ${D} dimensions by %s`, async (name, of) => {
    const batch = (step: number) => gaussianBatch(2048, { seed, step });
    const { ema } = await fit({
      ...{ network, objective: of.objective, batch, engine, seed },
      ...{ steps: 800, learningRate: 0.05, optimiser: { emaDecay: 0.98, clipNorm: Infinity } },
    });
    const { m, P } = split(ema);
    const noised = covariance.map((value, e) => value + (e % (D + 1) === 0 ? (of.noise ?? 0) : 0));
    const precision = inverse(noised, D);
    // Of an energy the symmetric part alone counts.
    const found = 'energy' in network ? P.map((p, e) => (p + P[(e % D) * D + Math.floor(e / D)]!) / 2) : P;
    const error = distance(found, precision) / distance(precision, new Float64Array(D * D));
    console.log(kind, name, error, distance(m, mean));
    expect(error, `seed ${seed}`).toBeLessThan(0.03);
    expect(distance(m, mean), `mean, seed ${seed}`).toBeLessThan(0.05);
  });
});
