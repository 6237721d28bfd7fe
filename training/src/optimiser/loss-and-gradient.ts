import * as tf from '@tensorflow/tfjs';
import type { Network } from '../models/network.js';
import { unpack } from '../models/parameters.js';
import type { Objective } from '../objectives/objective.js';
import { dropoutInput } from '../objectives/with-dropout.js';

/** The loss of `network` on the inputs that the objective drew, dropout included, and its gradient [n]. */
export const lossAndGradient =
  (network: Network, objective: Objective) =>
  (
    parameters: tf.Tensor,
    inputs: Readonly<Record<string, tf.Tensor>>,
  ): { loss: tf.Scalar; gradient: tf.Tensor1D } => {
    const dropout = (site: string) => inputs[dropoutInput(site)]!;
    const { value, grad } = tf.valueAndGrad((flat) => {
      const p = unpack(flat as tf.Tensor1D, network.specs);
      return objective.loss((x, level, label) => network.apply(p, x, level, label, { dropout }), inputs);
    })(parameters);
    return { loss: value, gradient: grad as tf.Tensor1D };
  };
