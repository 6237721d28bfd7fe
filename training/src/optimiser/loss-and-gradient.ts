import * as tf from '@tensorflow/tfjs';
import type { Network } from '../models/network.js';
import type { Objective } from '../objectives/objective.js';
import { dropoutInput } from '../objectives/with-dropout.js';
import { predictOf } from './predict-of.js';

/** The loss of `network` on the inputs that the objective drew, dropout included, and its gradient [n]. */
export const lossAndGradient =
  (network: Network, objective: Objective) =>
  (
    parameters: tf.Tensor,
    inputs: Readonly<Record<string, tf.Tensor>>,
  ): { loss: tf.Scalar; gradient: tf.Tensor1D } => {
    const dropout = (site: string) => inputs[dropoutInput(site)]!;
    const held = tf.clone(parameters) as tf.Tensor1D;
    const { value, grad } = tf.valueAndGrad((flat) =>
      objective.loss(predictOf(network, flat as tf.Tensor1D, held, dropout), inputs),
    )(parameters);
    return { loss: value, gradient: grad as tf.Tensor1D };
  };
