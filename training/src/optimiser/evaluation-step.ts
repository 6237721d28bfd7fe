import type * as tf from '@tensorflow/tfjs';
import type { Network } from '../models/network.js';
import type { Objective } from '../objectives/objective.js';
import { predictOf } from './predict-of.js';
import type { StepFunction } from './step-function.js';

/**
 * The loss of the moving average of the parameters, without dropout or a gradient: takes the inputs that the objective
 * draws, reads `ema` and returns the scalar `loss`.
 */
export const evaluationStep =
  (network: Network, objective: Objective): StepFunction =>
  ({ ema }, inputs) => {
    const parameters = ema as unknown as tf.Tensor1D;
    return { loss: objective.loss(predictOf(network, parameters, parameters), inputs) };
  };
