import * as tf from '@tensorflow/tfjs';
import { grid } from '../quadrature/grid.js';
import type { PlaneValues } from './charts/plane.js';

/** The values of f: x [n^2, 2] -> [n^2, ...] at the midpoints of the cells of a square. */
export function onPlane(
  { low, high, n }: Omit<PlaneValues, 'values'>,
  f: (x: tf.Tensor2D) => tf.Tensor,
): PlaneValues & { readonly values: Float32Array } {
  const { points } = grid({ low: [low, low], high: [high, high], n });
  const values = tf.tidy(() => f(tf.tensor2d(points, [n * n, 2])).dataSync() as Float32Array);
  return { low, high, n, values };
}
