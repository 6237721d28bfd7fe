import * as tf from '@tensorflow/tfjs';

/** Scales a gradient down to `limit`, which may be infinite, where its Euclidean norm is larger; also returns the norm before. */
export function clipByNorm(gradient: tf.Tensor1D, limit: number): { clipped: tf.Tensor1D; norm: tf.Scalar } {
  const norm: tf.Scalar = tf.sqrt(tf.sum(tf.square(gradient)));
  if (limit === Infinity) return { clipped: gradient, norm };
  return { clipped: tf.mul(gradient, tf.div(limit, tf.maximum(norm, limit))), norm };
}
