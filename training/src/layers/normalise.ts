import * as tf from '@tensorflow/tfjs';

/**
 * (x - mean) / sqrt(variance + epsilon) over `axes`, with the population variance. Written out in plain operations,
 * so that it can be differentiated twice, as `tf.batchNorm` cannot.
 */
export function normalise(x: tf.Tensor, axes: number[], epsilon = 1e-5): tf.Tensor {
  const centred = tf.sub(x, tf.mean(x, axes, true));
  const variance = tf.mean(tf.square(centred), axes, true);
  return tf.mul(centred, tf.rsqrt(tf.add(variance, epsilon)));
}
