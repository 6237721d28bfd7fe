import * as tf from '@tensorflow/tfjs';

/** [B, ...] -> [B], summed over all but the batch. */
export const sumPerSample = (x: tf.Tensor): tf.Tensor1D => tf.sum(tf.reshape(x, [x.shape[0]!, -1]), 1);
