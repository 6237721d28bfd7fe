import { alphaBars, ddpm, linearBetas, sample, type VpProcess } from '@scorebridge/runtime';
import { mixturePoints } from '../../data/mixture-points.js';
import { mlp } from '../../models/mlp.js';
import { eps } from '../../objectives/eps.js';
import { fit } from '../../trainer/fit.js';
import { trajectories } from '../charts/trajectories.js';
import type { Experiment } from '../experiment.js';
import { modelInMemory } from '../model-in-memory.js';

const BATCH = 512;
const COMPONENTS = [
  { weight: 0.3, mean: [-1.2], std: 0.15 },
  { weight: 0.7, mean: [0.8], std: 0.25 },
];
const schedule = { name: 'linear', T: 200, betaStart: 5e-4, betaEnd: 0.1 } as const;

/** A line for each sample of a learned DDPM in one dimension, from noise to data. */
export const reverse: Experiment = {
  name: 'reverse',
  question: 'How do samples of a learned DDPM find their way from noise to the data?',
  async run({ full, seed, engine, signal, note }) {
    const steps = full ? 8000 : 1500;
    const process: VpProcess = { kind: 'vp', schedule };
    const network = mlp({ dimensions: 1, hidden: [128, 128] });
    note('training');
    const { ema } = await fit({
      ...{ network, objective: eps({ betas: linearBetas(schedule) }), steps, seed, engine, signal },
      ...{ learningRate: 3e-3, optimiser: { emaDecay: 0.998 } },
      batch: (step) => mixturePoints(COMPONENTS, BATCH, { seed, step }),
    });
    const options = { name: 'one dimension', shape: [1], process, valueRange: [-3, 3] } as const;
    const model = await modelInMemory(network, ema, { ...options, parametrisation: 'eps', signal });
    note('sampling');
    try {
      const count = full ? 20_000 : 4000;
      const shown = 40;
      const paths: { path: number; t: number; x: number }[] = [];
      const sampling = sample(model, { sampler: ddpm(), count, batch: count, seed, signal });
      for await (const { step, x } of sampling)
        for (let path = 0; path < shown; path++) paths.push({ path, t: schedule.T - step, x: x[path]! });
      const { samples } = await sampling.result;
      const heavy = samples.reduce((sum, x) => sum + (x > -0.3 ? 1 : 0), 0) / count;
      const expected = COMPONENTS[1]!.weight;
      return {
        figures: { trainingSteps: steps, samples: count, heavyMode: { expected, found: heavy } },
        summary: [
          `${(100 * heavy).toFixed(1)}% of ${count} samples are in the mode that holds ${100 * expected}% (a standard error is ${(100 * Math.sqrt((expected * (1 - expected)) / count)).toFixed(1)}%)`,
        ],
        pictures: {
          reverse: trajectories('From noise to data', {
            ...{
              paths,
              T: schedule.T,
              abar: alphaBars(linearBetas(schedule)),
              components: COMPONENTS,
              samples,
            },
          }),
        },
      };
    } finally {
      await model.release();
    }
  },
};
