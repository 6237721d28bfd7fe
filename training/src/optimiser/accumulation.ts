import * as tf from '@tensorflow/tfjs';
import type { Network } from '../models/network.js';
import type { Objective } from '../objectives/objective.js';
import { lossAndGradient } from './loss-and-gradient.js';
import { parameterUpdate } from './parameter-update.js';
import type { OptimiserOptions } from './optimiser-options.js';
import type { StepFunction } from './step-function.js';

/**
 * The gradient of one of `parts` equal parts of a batch. It takes what the objective drew for that part and the scalar
 * `keep`, 0 for the first part and 1 for the others, adds its share of the batch's gradient to `gradient` [n], which is
 * state, and returns the scalar `loss` of the part.
 */
export function gradientStep(network: Network, objective: Objective, parts: number): StepFunction {
  const gradientOf = lossAndGradient(network, objective);
  return ({ parameters, gradient: sum }, inputs) => {
    const { loss, gradient } = gradientOf(parameters!, inputs);
    sum!.assign(tf.add(tf.mul(inputs.keep!, sum!), tf.div(gradient, parts)));
    return { loss };
  };
}

/**
 * What is left of a training step once `gradient` holds that of the whole batch. It takes the inputs of `stepScalars`,
 * assigns what `trainingStep` assigns and returns the scalar `gradNorm`.
 */
export function updateStep(network: Network, options: OptimiserOptions = {}): StepFunction {
  const update = parameterUpdate(network.specs, options);
  return (state, inputs) => ({
    gradNorm: update(state, state.gradient as unknown as tf.Tensor1D, inputs),
  });
}
