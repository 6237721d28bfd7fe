import * as tf from '@tensorflow/tfjs';

/**
 * Langevin steps x <- x + eps / 2 s(x) + sqrt(eps) z, one for each z of noise [B, steps, ...shape], from x [B, ...shape].
 */
export const langevinChain = (
  score: (x: tf.Tensor) => tf.Tensor,
  x: tf.Tensor,
  noise: tf.Tensor,
  eps: number,
): tf.Tensor =>
  tf
    .unstack(noise, 1)
    .reduce((x, z) => tf.addN([x, tf.mul(eps / 2, score(x)), tf.mul(Math.sqrt(eps), z)]), x);
