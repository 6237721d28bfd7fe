import type * as tf from '@tensorflow/tfjs';
import type { Network } from '../models/network.js';
import { unpack } from '../models/parameters.js';
import type { Objective } from '../objectives/objective.js';
import type { StepFunction } from './step-function.js';

/**
 * The loss of the moving average of the parameters, without dropout or a gradient: takes the inputs that the objective
 * draws, reads `ema` and returns the scalar `loss`.
 */
export const evaluationStep =
  (network: Network, objective: Objective): StepFunction =>
  ({ ema }, inputs) => {
    const p = unpack(ema as unknown as tf.Tensor1D, network.specs);
    return { loss: objective.loss((x, level, label) => network.apply(p, x, level, label), inputs) };
  };
