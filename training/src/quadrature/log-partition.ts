import * as tf from '@tensorflow/tfjs';
import type { Grid } from './grid.js';

/**
 * log Z = log of the integral of exp(-f(x)) over a grid's box, by the midpoint rule.
 *
 * @param energy x [n, D] -> f [n]
 */
export function logPartition(
  energy: (x: tf.Tensor2D) => tf.Tensor1D,
  { points, dimensions, cellVolume }: Grid,
): tf.Scalar {
  const x = tf.tensor2d(points, [points.length / dimensions, dimensions]);
  return tf.add(tf.logSumExp(tf.neg(energy(x))), Math.log(cellVolume));
}
