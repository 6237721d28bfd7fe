import * as tf from '@tensorflow/tfjs';
import type { Network } from '../models/network.js';
import type { Objective } from '../objectives/objective.js';
import { lossAndGradient } from './loss-and-gradient.js';
import type { OptimiserOptions } from './optimiser-options.js';
import { parameterUpdate } from './parameter-update.js';
import type { StepFunction } from './step-function.js';

/**
 * The first half of a training step: takes what the objective drew, assigns nothing and returns the scalar `loss` and its
 * `gradient` [n]. Parts of a batch can go through it one after the other, or at the same time; not with an objective that
 * has a memory, which each would assign.
 */
export function gradientStep(network: Network, objective: Objective): StepFunction {
  const gradientOf = lossAndGradient(network, objective);
  return (state, inputs) => ({ ...gradientOf(state, inputs) });
}

/**
 * The second half: takes `gradient` [n], the sum of those of the parts of a batch, their number `parts` as a scalar, and the
 * inputs of `stepScalars`; assigns what `trainingStep` assigns and returns the scalar `gradNorm`.
 */
export function updateStep(network: Network, options: OptimiserOptions = {}): StepFunction {
  const update = parameterUpdate(network.specs, options);
  return (state, inputs) => ({
    gradNorm: update(state, tf.div<tf.Tensor1D>(inputs.gradient!, inputs.parts!), inputs),
  });
}
