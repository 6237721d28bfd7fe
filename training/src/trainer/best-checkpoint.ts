import { CheckpointError, readCheckpoint } from '../checkpoint/checkpoint.js';
import { bestCheckpointPath } from '../checkpoint/checkpoint-folder.js';
import { configDifference } from './config-difference.js';
import type { TrainingPlan } from './training-plan.js';

/** The checkpoint whose evaluation is the best of a run so far. */
export interface BestCheckpoint {
  readonly path: string;
  readonly step: number;
  /** The loss of its moving average on the held-out data. */
  readonly validation: number;
}

/**
 * The best checkpoint of a run that goes on after `step`; undefined if there is none. One of a later step does not
 * count: it is of a future that this run has yet to reach, or does not reach any more. Nor does one of another
 * configuration, whose loss may be another, or a damaged one.
 */
export async function findBest(
  folder: string,
  step: number,
  plan: TrainingPlan,
): Promise<BestCheckpoint | undefined> {
  const best = await readCheckpoint(bestCheckpointPath(folder)).catch((error: unknown) => {
    if (error instanceof CheckpointError) return undefined;
    throw error;
  });
  if (best?.validation === undefined || best.step > step) return undefined;
  if (configDifference(best.config, plan) !== undefined) return undefined;
  return { path: best.path, step: best.step, validation: best.validation };
}
