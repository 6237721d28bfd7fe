import type { Network } from '../models/network.js';
import type { Batch, Objective } from '../objectives/objective.js';
import type { OptimiserOptions } from '../optimiser/optimiser-options.js';

/** Data that a network does not learn from, and what it is judged by on them. */
export interface Validation {
  /** What is evaluated; a network's dropout is off. */
  readonly objective: Objective;
  /** How many batches there are. */
  readonly batches: number;
  /** Batch k = 1 .. `batches`, the same one at any time. */
  batch(k: number): Batch;
}

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
  /**
   * In how many equal parts a batch goes through the network, which takes as much less memory; the step is that of the
   * whole batch but for rounding. As many as the engine is fastest with, by default; one with an objective
   * that has a memory.
   */
  readonly accumulate?: number | undefined;
  /** The learning rate at a step. */
  learningRate(step: number): number;
  /** The batch of a step: a function of the seed and the step alone. */
  batch(step: number): Batch;
  /** Without it nothing is evaluated, and no checkpoint is the best. */
  readonly validation?: Validation | undefined;
}
