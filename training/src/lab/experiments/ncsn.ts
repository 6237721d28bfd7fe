import { annealedLangevin, geometricSigmas, sample, type VeProcess } from '@scorebridge/runtime';
import { meanAndDeviation } from '../../evaluation/mean-and-deviation.js';
import { mlp } from '../../models/mlp.js';
import { denoising } from '../../objectives/denoising.js';
import { fit } from '../../trainer/fit.js';
import { planes } from '../charts/plane.js';
import type { Experiment, LabContext } from '../experiment.js';
import { modelInMemory } from '../model-in-memory.js';
import { checkerboard, type PlanarData, spiral, twoModes } from '../planar-data.js';
import { shareOfHeavyMode } from '../share-of-heavy-mode.js';

const BATCH = 512;
const COUNT = 1280;

interface Case {
  readonly data: PlanarData;
  readonly sigmaMax: number;
  readonly sigmaMin: number;
  readonly L: number;
  /** Step size at the smallest level, of the order of its variance. */
  readonly eps: number;
  readonly side: number;
}
const cases: Readonly<Record<string, Case>> = {
  'two modes': { data: twoModes, sigmaMax: 20, sigmaMin: 0.2, L: 14, eps: 4e-3, side: 9 },
  spiral: { data: spiral, sigmaMax: 8, sigmaMin: 0.05, L: 12, eps: 5e-4, side: 5 },
  checkerboard: { data: checkerboard, sigmaMax: 8, sigmaMin: 0.05, L: 12, eps: 5e-4, side: 5 },
};

/** NCSN on points: one network for all noise levels, sampled by annealed Langevin dynamics. */
export const ncsn: Experiment = {
  name: 'ncsn',
  question: 'Does a learned score at many noise levels put the modes right, and draw what the data are?',
  async run(context) {
    const { full, seed, note } = context;
    const steps = full ? 8000 : 2500;
    const panels = [];
    const repeats = full ? 5 : 3;
    let weights: number[] = [];
    for (const [name, made] of Object.entries(cases)) {
      note(name);
      const drawn = await learnAndSample(made, steps, name === 'two modes' ? repeats : 1, context);
      if (name === 'two modes') weights = drawn.map(shareOfHeavyMode);
      const frame = { low: -made.side, high: made.side };
      const data = made.data(COUNT, { seed: seed + 1, step: 0 }).x.data as Float32Array;
      panels.push({ title: `${name}: data`, points: data, frame });
      panels.push({ title: `${name}: samples of the network`, points: drawn[0]!, frame });
    }
    const { mean, deviation } = meanAndDeviation(weights);
    return {
      figures: {
        steps,
        batch: BATCH,
        chains: COUNT,
        twoModes: { truth: 0.8, mean, deviation, values: weights },
      },
      summary: [
        `Share of ${COUNT} chains in the mode that holds 0.8 of the probability, from a learned score: ${mean.toFixed(3)} +- ${deviation.toFixed(3)} over ${repeats} seeds`,
      ],
      pictures: { ncsn: planes('Data, and what a learned NCSN draws', panels, { columns: 2 }) },
    };
  },
};

/** Trains on a data set, and draws samples with as many seeds as are asked for. */
async function learnAndSample(
  { data, sigmaMax, sigmaMin, L, eps }: Case,
  steps: number,
  repeats: number,
  { seed, engine, signal }: LabContext,
): Promise<Float32Array[]> {
  const schedule = { name: 'geometric', sigmaMax, sigmaMin, L } as const;
  const process: VeProcess = { kind: 've', schedule };
  const network = mlp({ dimensions: 2, hidden: [128, 128, 128], levelScale: 'log', outputScale: 'sigma' });
  const { ema } = await fit({
    ...{ network, objective: denoising({ sigmas: geometricSigmas(schedule) }), steps, seed, engine, signal },
    ...{ learningRate: 3e-3, optimiser: { emaDecay: 0.998 } },
    batch: (step) => data(BATCH, { seed, step }),
  });
  const model = await modelInMemory(network, ema, {
    name: 'ncsn',
    shape: [2],
    process,
    valueRange: [-8, 8],
    signal,
  });
  try {
    const samples = [];
    for (let k = 0; k < repeats; k++) {
      const options = {
        sampler: annealedLangevin({ eps, T: 100 }),
        count: COUNT,
        batch: COUNT,
        seed: seed + k,
        signal,
      };
      samples.push((await sample(model, options).result).samples);
    }
    return samples;
  } finally {
    await model.release();
  }
}
