import { normals } from '@scorebridge/runtime';
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
import { covariance, D, gaussianBatch, inverse, mean, product } from './support/gaussian.js';

const seed = 29;
const models = {
  'a linear score': gaussianScore({ dimensions: D }),
  'a quadratic energy': energyModel(gaussianEnergy({ dimensions: D })),
};
const sigma = 0.5;
const BATCH = 2048;
const EPS = 0.1;

interface Case {
  objective: Objective;
  /** Variance of the noise whose score is learnt. */
  noise?: number;
  energyOnly?: boolean;
  /** Of Langevin chains, whose covariance is what is matched. */
  eps?: number;
  steps?: number;
  learningRate?: number;
}
const objectives: Record<string, Case> = {
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
    objective: contrastiveDivergence({ k: 10, eps: EPS }),
    ...{ energyOnly: true, eps: EPS },
  },
  'persistent contrastive divergence': {
    objective: contrastiveDivergence({
      ...{ k: 20, eps: EPS },
      chains: normals(new Float32Array(BATCH * D), { seed }),
    }),
    // Chains lag behind parameters that move fast.
    ...{ energyOnly: true, eps: EPS, steps: 1000, learningRate: 0.015 },
  },
};

/**
 * The precision P whose Langevin chains of step size eps have the covariance of precision Q: x <- (1 - eps P / 2) x +
 * sqrt(eps) z leaves (P - eps P^2 / 4)^-1 invariant.
 */
function ofChains(Q: Float64Array, eps: number): Float64Array {
  let P = Q;
  for (let i = 0; i < 200; i++) {
    const square = product(P, P, D);
    P = Q.map((q, e) => q + (eps / 4) * square[e]!);
  }
  return P;
}

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
    const batch = (step: number) => gaussianBatch(BATCH, { seed, step });
    const { ema } = await fit({
      ...{ network, objective: of.objective, batch, engine, seed },
      ...{
        steps: of.steps ?? 800,
        learningRate: of.learningRate ?? 0.05,
        optimiser: { emaDecay: 0.98, clipNorm: Infinity },
      },
    });
    const { m, P } = split(ema);
    const noised = covariance.map((value, e) => value + (e % (D + 1) === 0 ? (of.noise ?? 0) : 0));
    const precision = ofChains(inverse(noised, D), of.eps ?? 0);
    // Of an energy the symmetric part alone counts.
    const found = 'energy' in network ? P.map((p, e) => (p + P[(e % D) * D + Math.floor(e / D)]!) / 2) : P;
    const error = distance(found, precision) / distance(precision, new Float64Array(D * D));
    expect(error, `seed ${seed}`).toBeLessThan(0.03);
    expect(distance(m, mean), `mean, seed ${seed}`).toBeLessThan(0.05);
  });
});
