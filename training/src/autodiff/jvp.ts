import * as tf from '@tensorflow/tfjs';
import { dependent } from './dependent.js';
import { registerCorrectedGradients } from './register.js';
import { vjp } from './vjp.js';

/**
 * The Jacobian-vector product of a tensor function at x: `value`, f(x), and `tangent`, J v with J = df/dx, of the
 * shape of f(x): JAX's `jvp`. TensorFlow.js has no forward mode, so it is the derivative of u -> u' J, which is linear,
 * by u (J. Townsend, "A new trick for calculating Jacobian vector products", 2017): two backward passes.
 *
 * @param v of the shape of x
 * @throws Error if the shape of v is another one, or if an op of f has no second derivative
 */
export function jvp(
  f: (x: tf.Tensor) => tf.Tensor,
  x: tf.Tensor,
  v: tf.Tensor,
): { value: tf.Tensor; tangent: tf.Tensor } {
  registerCorrectedGradients();
  if (!tf.util.arraysEqual(v.shape, x.shape)) {
    throw new Error(
      `The vector of a Jacobian-vector product has shape [${v.shape.join(', ')}]; expected that of x, [${x.shape.join(', ')}].`,
    );
  }
  const value = f(x);
  const transposed = (u: tf.Tensor) => dependent(vjp(f, x, u).pullback, u);
  return { value, tangent: dependent(tf.grad(transposed)(tf.zerosLike(value), v), x) };
}
