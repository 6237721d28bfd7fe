import { ddpm, sample, type ScoreModel } from '@scorebridge/runtime';
import { quickstart } from '../../config/presets/quickstart.js';
import { loadMnist } from '../../data/mnist.js';
import { bitsPerDim } from '../../evaluation/bits-per-dim.js';
import { type Judge, loadJudge } from '../../evaluation/judge.js';
import { meanAndDeviation } from '../../evaluation/mean-and-deviation.js';
import { judgeRealDigits } from '../../evaluation/real-digits.js';
import { type RealDigits, scoreCard } from '../../evaluation/score-card.js';
import { bars } from '../charts/bars.js';
import type { Experiment, LabContext } from '../experiment.js';
import { spreadDigits } from '../spread-digits.js';
import { trainDigits } from '../train-digits.js';

const SEEDS = 3;
const OBJECTIVES = ['mu', 'eps'] as const;
/** Ho et al., DDPM, 2020, table 2: each prediction with the bound's weight and, for eps, without. */
const WEIGHTS = { mu: { name: 'bound' }, eps: { name: 'uniform' } } as const;

interface Run {
  readonly objective: (typeof OBJECTIVES)[number];
  readonly seed: number;
  readonly bitsPerDim: number;
  readonly recognised: number;
  readonly frechet: number;
}

/** The lecture's claim that the network had better say the noise than the mean, as a measurement on digits. */
export const muOrEps: Experiment = {
  name: 'mu-or-eps',
  question: 'Does a network that predicts the noise do better than one that predicts the mean of the step?',
  async run(context) {
    const { full, seed, signal, note } = context;
    const steps = full ? 1000 : 60;
    const count = full ? 200 : 30;
    // Of the chain, taken in sampling.
    const samplingSteps = full ? 100 : 25;
    // A smaller network, and a shorter chain of the same noise, where time is short.
    const network = { ...quickstart.network, ...(!full && { base: 16 }) };
    const T = full ? 1000 : 50;
    const process = {
      kind: 'vp',
      schedule: { name: 'linear', T, betaStart: 0.1 / T, betaEnd: 20 / T },
    } as const;
    const load = async (split: 'train' | 'test') => (await loadMnist({ split, signal, note })).images;
    const [training, test] = [await load('train'), await load('test')];
    const images = spreadDigits(test, full ? 256 : 32);
    const judge = await loadJudge();
    const runs: Run[] = [];
    try {
      const real = await judgeRealDigits(judge, { training, test }, count, { signal });
      for (const objective of OBJECTIVES)
        for (let k = 0; k < SEEDS; k++) {
          note(`${objective}, seed ${seed + k}`);
          const options = {
            objective,
            lossWeight: WEIGHTS[objective],
            process,
            network,
            steps,
            batch: 64,
          } as const;
          const model = await trainDigits(options, { ...context, seed: seed + k });
          try {
            const { bitsPerDim: bits } = await bitsPerDim(model, images, {
              steps: full ? 50 : 25,
              seed,
              signal,
            });
            runs.push({
              objective,
              seed: seed + k,
              bitsPerDim: bits,
              ...(await judged(model, judge, real, { count, steps: samplingSteps }, context)),
            });
          } finally {
            await model.release();
          }
        }
    } finally {
      await judge.release();
    }
    const figureOf = (objective: string, figure: 'bitsPerDim' | 'recognised' | 'frechet') =>
      meanAndDeviation(runs.filter((run) => run.objective === objective).map((run) => run[figure]));
    const barsOf = (figure: 'bitsPerDim' | 'frechet') =>
      OBJECTIVES.map((name) => {
        const { mean, deviation } = figureOf(name, figure);
        return { name, value: mean, spread: deviation };
      });
    const subtitle = `${steps} training steps, ${SEEDS} seeds, T = ${T}; lower is better`;
    return {
      figures: { steps, T, samples: count, samplingSteps, runs },
      summary: OBJECTIVES.map((name) => {
        const [bits, recognised, frechet] = (['bitsPerDim', 'recognised', 'frechet'] as const).map((figure) =>
          figureOf(name, figure),
        );
        return `${name.padEnd(4)} ${bits!.mean.toFixed(2)} +- ${bits!.deviation.toFixed(2)} bits per dimension, ${(100 * recognised!.mean).toFixed(1)}% recognised, Fréchet distance ${frechet!.mean.toFixed(0)} +- ${frechet!.deviation.toFixed(0)}`;
      }),
      pictures: {
        bound: bars('The bound on test digits', barsOf('bitsPerDim'), { x: 'bits per dimension', subtitle }),
        frechet: bars('Distance of the samples from digits', barsOf('frechet'), {
          x: 'Fréchet distance',
          subtitle,
        }),
      },
    };
  },
};

/** What the judge makes of samples. */
async function judged(
  model: ScoreModel,
  judge: Judge,
  real: RealDigits,
  size: { count: number; steps: number },
  { seed, signal }: LabContext,
) {
  const { samples } = await sample(model, { sampler: ddpm(), ...size, seed, signal }).result;
  const digits = samples.map((value) => Math.min(Math.max((value + 1) / 2, 0), 1));
  const { confident, frechet } = scoreCard(await judge.judge(digits, { signal }), real);
  return { recognised: confident, frechet };
}
