import * as tf from '@tensorflow/tfjs';

/** Runs a kernel that no op of TensorFlow.js runs by itself, such as the gradient of a pool. */
export const runKernel = (
  name: string,
  inputs: Readonly<Record<string, tf.Tensor>>,
  attrs: object,
): tf.Tensor => tf.engine().runKernel(name, inputs, attrs as tf.NamedAttrMap) as tf.Tensor;
