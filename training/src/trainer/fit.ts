import { chooseEngine } from '../engines/choose.js';
import type { Engine } from '../engines/engine.js';
import type { Network } from '../models/network.js';
import { initialise } from '../models/parameters.js';
import type { Batch, Objective } from '../objectives/objective.js';
import type { OptimiserOptions } from '../optimiser/optimiser-options.js';
import { initialState, type TrainingState } from '../optimiser/training-state.js';
import { NonFiniteError } from './non-finite-error.js';
import { startPlan, type StepResult } from './running-plan.js';

export interface FitOptions {
  readonly network: Network;
  readonly objective: Objective;
  /** The batch of step k = 1, 2, ..., `steps`. */
  batch(step: number): Batch;
  readonly steps: number;
  /** Highest learning rate; from there it falls to 0 as a cosine. 1e-3 by default. */
  readonly learningRate?: number;
  /** Of parameters and of what the objective draws; 0 by default. */
  readonly seed?: number;
  readonly optimiser?: OptimiserOptions;
  /** The fastest that there is, by default. */
  readonly engine?: Engine;
  readonly signal?: AbortSignal;
  onStep?(step: number, result: StepResult): void;
}

/**
 * Trains a network in memory, without a folder, checkpoints or a log: for small ones. `train` is for runs that must not be
 * lost.
 *
 * @returns the state after the last step; `ema` is what to evaluate
 * @throws NonFiniteError where the loss is not finite, with the step
 */
export async function fit({
  network,
  objective,
  batch,
  steps,
  learningRate = 1e-3,
  seed = 0,
  optimiser = {},
  engine,
  signal,
  onStep,
}: FitOptions): Promise<TrainingState> {
  const plan = {
    ...{ config: {}, network, objective, batch, steps, seed, optimiser },
    learningRate: (step: number) => (learningRate / 2) * (1 + Math.cos((Math.PI * (step - 1)) / steps)),
  };
  const state = initialState(initialise(network.specs, seed), optimiser, objective);
  const running = await startPlan(plan, engine ?? (await chooseEngine()), state);
  try {
    for (let k = 1; k <= steps; k++) {
      signal?.throwIfAborted();
      const result = await running.step(k);
      if (!Number.isFinite(result.loss))
        throw new NonFiniteError(`The loss of step ${k} is ${result.loss}: try a smaller learning rate.`);
      onStep?.(k, result);
    }
    return await running.read();
  } finally {
    await running.dispose();
  }
}
