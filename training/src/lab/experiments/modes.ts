import { annealedLangevin, langevin, type Sampler, sample, type VeProcess } from '@scorebridge/runtime';
import { meanAndDeviation } from '../../evaluation/mean-and-deviation.js';
import { energyModel } from '../../models/energy.js';
import { mixtureEnergy } from '../../models/mixture.js';
import { bars } from '../charts/bars.js';
import { planes } from '../charts/plane.js';
import type { Experiment } from '../experiment.js';
import { modelInMemory } from '../model-in-memory.js';
import { shareOfHeavyMode } from '../share-of-heavy-mode.js';

const CHAINS = 1280;
const HEAVY = 0.8;
const process: VeProcess = {
  kind: 've',
  schedule: { name: 'geometric', sigmaMax: 20, sigmaMin: 1, L: 10 },
};
/** The authors' code scores the mixture whose components have the standard deviation sigma_i, no more. */
const POINT = 1e-3;
const COMPONENTS = [
  { weight: HEAVY, mean: [5, 5], std: POINT },
  { weight: 1 - HEAVY, mean: [-5, -5], std: POINT },
];

/** Song and Ermon, NCSN, 2019, figure 3: 0.8 N((5, 5), I) + 0.2 N((-5, -5), I) from its true score. */
export const modes: Experiment = {
  name: 'modes',
  question:
    'Why does plain Langevin dynamics misjudge how much of the probability is in which mode, and what mends it?',
  async run({ full, seed, signal, note }) {
    const options = { name: 'two modes', shape: [2], process, valueRange: [-8, 8], signal } as const;
    const model = await modelInMemory(energyModel(mixtureEnergy(COMPONENTS)), new Float32Array(), options);
    const samplers = {
      plain: { sampler: langevin({ eps: 0.1, level: 1 }), steps: 1000 },
      annealed: { sampler: annealedLangevin({ eps: 0.1, T: 100, denoise: false }) },
    };
    const run = async ({ sampler, steps }: { sampler: Sampler; steps?: number }, seed: number) =>
      (await sample(model, { sampler, steps, count: CHAINS, seed, batch: CHAINS, signal }).result).samples;
    try {
      const runs = full ? 20 : 4;
      const found: Record<string, number[]> = { plain: [], annealed: [] };
      const shown: Record<string, Float32Array> = {};
      for (let k = 0; k < runs; k++) {
        note(`seed ${seed + k}`);
        for (const [name, options] of Object.entries(samplers)) {
          const x = await run(options, seed + k);
          found[name]!.push(shareOfHeavyMode(x));
          shown[name] ??= x;
        }
      }
      const figures = Object.fromEntries(
        Object.entries(found).map(([name, values]) => [name, { ...meanAndDeviation(values), values }]),
      );
      const text = ({ mean, deviation }: { mean: number; deviation: number }) =>
        `${mean.toFixed(3)} +- ${deviation.toFixed(3)}`;
      const panel = (name: string, title: string) => ({
        title: `${title}: ${found[name]![0]!.toFixed(3)} in the heavy mode`,
        points: shown[name]!,
        frame: { low: -9, high: 9 },
      });
      return {
        figures: { truth: HEAVY, chains: CHAINS, seeds: runs, ...figures },
        summary: [
          `Share of ${CHAINS} chains in the mode that holds ${HEAVY} of the probability, over ${runs} seeds:`,
          `plain Langevin ${text(figures.plain!)}, annealed ${text(figures.annealed!)}`,
        ],
        pictures: {
          modes: planes('Chains from the true score', [
            panel('plain', 'plain Langevin'),
            panel('annealed', 'annealed Langevin'),
          ]),
          weights: bars(
            'Share of chains in the heavy mode',
            Object.entries(figures).map(([name, { mean, deviation }]) => ({
              name,
              value: mean,
              spread: deviation,
            })),
            { x: 'share; dashed: the truth', reference: HEAVY, subtitle: `${CHAINS} chains, ${runs} seeds` },
          ),
        },
      };
    } finally {
      await model.release();
    }
  },
};
