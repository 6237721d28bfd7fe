import type * as tf from '@tensorflow/tfjs';

/** One training step: assigns the state and returns scalars. Pure tensor operations, so that it can be traced. */
export type StepFunction = (
  state: Readonly<Record<string, tf.Variable>>,
  inputs: Readonly<Record<string, tf.Tensor>>,
) => Record<string, tf.Tensor>;
