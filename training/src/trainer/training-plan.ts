import type { Network } from '../models/network.js';
import type { Batch, Objective } from '../objectives/objective.js';
import type { OptimiserOptions } from '../optimiser/step.js';

/** All that a training run is made of, apart from the engine and the folder. Steps count from 1. */
export interface TrainingPlan {
  /** What the plan was built from, as JSON: kept with every checkpoint, and what a resumed run must agree with. */
  readonly config: Readonly<Record<string, unknown>>;
  /** Fills in what the configuration in a checkpoint, which an earlier version may have written, leaves out. */
  completeConfig?(config: TrainingPlan['config']): TrainingPlan['config'];
  readonly seed: number;
  readonly steps: number;
  readonly network: Network;
  readonly objective: Objective;
  readonly optimiser: OptimiserOptions;
  /** The learning rate at a step. */
  learningRate(step: number): number;
  /** The batch of a step: a function of the seed and the step alone. */
  batch(step: number): Batch;
}
