import * as tf from '@tensorflow/tfjs';

/** A coefficient per sample [B] in the shape [B, 1, ...], which multiplies x [B, ...]. */
export const alongBatch = (coefficient: tf.Tensor, x: tf.Tensor): tf.Tensor =>
  tf.reshape(coefficient, [-1, ...Array<number>(x.rank - 1).fill(1)]);
