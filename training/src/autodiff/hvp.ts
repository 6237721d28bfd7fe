import * as tf from '@tensorflow/tfjs';
import { dependent } from './dependent.js';
import { registerCorrectedGradients } from './register.js';

/**
 * The Hessian-vector product H v of a function at x, of the shape of x, by differentiating <grad f, v>: two backward
 * passes. Of an f of several elements it is the Hessian of their sum: for energies [B] of samples that do not depend
 * on each other, each sample's own.
 *
 * @param v of the shape of x
 * @throws Error if the shape of v is another one, or if an op of f has no second derivative
 * @see B. A. Pearlmutter, "Fast exact multiplication by the Hessian", 1994
 */
export function hvp(f: (x: tf.Tensor) => tf.Tensor, x: tf.Tensor, v: tf.Tensor): tf.Tensor {
  registerCorrectedGradients();
  if (!tf.util.arraysEqual(v.shape, x.shape)) {
    throw new Error(
      `The vector of a Hessian-vector product has shape [${v.shape.join(', ')}]; expected that of x, [${x.shape.join(', ')}].`,
    );
  }
  const gradient = tf.grad((x: tf.Tensor) => dependent(f(x), x));
  const slope = (x: tf.Tensor) => dependent(tf.sum(tf.mul(gradient(x), v)), x);
  return dependent(tf.grad(slope)(x), x);
}
