import { learningRateSchedule } from '../config/learning-rate.js';
import type { Config } from '../config/schema.js';
import type { TrainingPlan } from '../trainer/training-plan.js';

/** What leaves the result as it is stays out of a plan, so that a run may go on elsewhere or with other intervals. */
const WITHOUT_EFFECT: ReadonlySet<string> = new Set([
  'engine',
  'provider',
  'checkpointEvery',
  'logEvery',
  'tensorboard',
  'sampleEvery',
  'sampleCount',
]);

/** The parts of a plan that are made in one way for whatever is trained. */
export function commonParts(
  config: Config,
): Pick<TrainingPlan, 'config' | 'seed' | 'steps' | 'optimiser' | 'learningRate'> {
  const result = Object.fromEntries(Object.entries(config).filter(([name]) => !WITHOUT_EFFECT.has(name)));
  const { seed, steps, weightDecay, clipNorm, emaDecay } = config;
  return {
    config: result,
    seed,
    steps,
    optimiser: { weightDecay, clipNorm, emaDecay },
    learningRate: learningRateSchedule(config),
  };
}
