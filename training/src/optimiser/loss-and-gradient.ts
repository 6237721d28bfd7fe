import * as tf from '@tensorflow/tfjs';
import type { Network } from '../models/network.js';
import { memoryOf } from '../objectives/memory.js';
import type { Objective } from '../objectives/objective.js';
import { dropoutInput } from '../objectives/with-dropout.js';
import { predictOf } from './predict-of.js';

/** The loss of `network` on the inputs that the objective drew, dropout included, and its gradient [n]; the objective's memory moves on. */
export const lossAndGradient =
  (network: Network, objective: Objective) =>
  (
    state: Readonly<Record<string, tf.Variable>>,
    inputs: Readonly<Record<string, tf.Tensor>>,
  ): { loss: tf.Scalar; gradient: tf.Tensor1D } => {
    const dropout = (site: string) => inputs[dropoutInput(site)]!;
    const parameters = state.parameters!;
    const held = tf.clone<tf.Tensor>(parameters) as tf.Tensor1D;
    const memory = memoryOf(state);
    const { value, grad } = tf.valueAndGrad((flat) =>
      objective.loss(predictOf(network, flat as tf.Tensor1D, held, dropout), inputs, memory),
    )(parameters);
    return { loss: value, gradient: grad as tf.Tensor1D };
  };
