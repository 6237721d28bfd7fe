import { learningRateSchedule } from '../config/learning-rate.js';
import { parseConfig } from '../config/parse-config.js';
import type { Config } from '../config/schema.js';
import type { AverageName } from '../optimiser/training-state.js';
import type { TrainingPlan } from '../trainer/training-plan.js';

/** What leaves the result as it is stays out of a plan, so that a run may go on elsewhere or with other intervals. */
const WITHOUT_EFFECT: ReadonlySet<string> = new Set([
  'engine',
  'provider',
  'threads',
  'checkpointEvery',
  'keepCheckpoints',
  'evaluateEvery',
  'logEvery',
  'tensorboard',
  'sampleEvery',
  'sampleCount',
]);

/** The parts of a plan that are made in one way for whatever is trained. */
export function commonParts(
  config: Config,
): Pick<
  TrainingPlan,
  'config' | 'completeConfig' | 'seed' | 'steps' | 'optimiser' | 'accumulate' | 'learningRate'
> {
  const { seed, steps, batch, accumulate, weightDecay, clipNorm, emaDecay, emaHalfLives } = config;
  return {
    config: resultOf(config),
    completeConfig: (theirs) => resultOf(parseConfig(theirs, 'of the checkpoint')),
    seed,
    steps,
    optimiser: {
      weightDecay,
      clipNorm,
      emaDecay,
      averages: Object.fromEntries(emaHalfLives.map((images) => [averageName(images), images / batch])),
    },
    accumulate: accumulate ?? undefined,
    learningRate: learningRateSchedule(config),
  };
}

/** The name of the state vector that is the moving average with a half-life in images. */
export const averageName = (halfLife: number): AverageName => `ema_${halfLife}`;

/** The options that the result of a run depends on. */
const resultOf = (config: Config): TrainingPlan['config'] =>
  Object.fromEntries(Object.entries(config).filter(([name]) => !WITHOUT_EFFECT.has(name)));
