import { normals } from '@scorebridge/runtime';
import {
  compiledEngine,
  contrastiveDivergence,
  type Engine,
  energyModel,
  fit,
  grid,
  logPartition,
  maximumLikelihood,
  mixturePoints,
  mlpEnergy,
  type Objective,
  unpack,
} from '@scorebridge/training';
import * as tf from '@tensorflow/tfjs';
import { beforeAll, expect, test } from 'vitest';

const seed = 31;
const BATCH = 512;
const components = [
  { weight: 0.6, mean: [0.8, 0.6], std: 0.5 },
  { weight: 0.4, mean: [-0.9, -0.4], std: 0.7 },
];
const network = energyModel(mlpEnergy({ dimensions: 2, hidden: [32, 32], embedding: 0 }));
const box = grid({ low: [-5, -5], high: [5, 5], n: 80 });

let engine: Engine;
beforeAll(async () => {
  engine = await compiledEngine({ provider: 'cpu' });
  await tf.setBackend('cpu');
});

/** Nats per point that fresh data take under the energy that an objective has led to. */
async function negativeLogLikelihood(objective: Objective, steps: number): Promise<number> {
  const batch = (step: number) => mixturePoints(components, BATCH, { seed, step });
  const { ema } = await fit({
    network,
    objective,
    batch,
    steps,
    seed,
    engine,
    learningRate: 5e-3,
    optimiser: { emaDecay: 0.99 },
  });
  const { x } = mixturePoints(components, 10_000, { seed: seed + 1 });
  return tf.tidy(() => {
    const p = unpack(tf.tensor1d(ema), network.specs);
    const energy = (x: tf.Tensor2D) => network.energy(p, x, tf.zeros([x.shape[0]]));
    const logZ = logPartition(energy, box);
    return tf.add(tf.mean(energy(tf.tensor2d(x.data as Float32Array, [10_000, 2]))), logZ).dataSync()[0]!;
  });
}

test('chains come within 0.05 nats of the likelihood that quadrature reaches, at the data and persistent', async () => {
  const byQuadrature = await negativeLogLikelihood(maximumLikelihood({ grid: box }), 600);
  const chains = normals(new Float32Array(BATCH * 2), { seed });
  const persistent = await negativeLogLikelihood(contrastiveDivergence({ k: 10, eps: 0.02, chains }), 1000);
  const atData = await negativeLogLikelihood(contrastiveDivergence({ k: 20, eps: 0.02 }), 1000);
  expect(Math.abs(persistent - byQuadrature), `seed ${seed}`).toBeLessThan(0.05);
  expect(Math.abs(atData - byQuadrature), `seed ${seed}`).toBeLessThan(0.05);
});
