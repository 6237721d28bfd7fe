import { learningRateSchedule } from '../config/learning-rate.js';
import type { Config } from '../config/schema.js';
import type { TrainingPlan } from '../trainer/training-plan.js';

/** The parts of a plan that are made in one way for whatever is trained. */
export function commonParts(
  config: Config,
): Pick<TrainingPlan, 'config' | 'seed' | 'steps' | 'optimiser' | 'learningRate'> {
  // What leaves the result as it is stays out, so that a run may go on elsewhere or with other intervals.
  const { engine: _engine, provider: _provider, checkpointEvery: _every, logEvery: _log, ...result } = config;
  const { seed, steps, weightDecay, clipNorm, emaDecay } = config;
  return {
    config: result,
    seed,
    steps,
    optimiser: { weightDecay, clipNorm, emaDecay },
    learningRate: learningRateSchedule(config),
  };
}
