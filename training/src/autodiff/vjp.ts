import * as tf from '@tensorflow/tfjs';
import { dependent } from './dependent.js';
import { registerCorrectedGradients } from './register.js';

/**
 * The vector-Jacobian product of a tensor function at x: `value`, f(x), and `pullback`, v' J with J = df/dx, of the
 * shape of x. It is JAX's `vjp` applied to v at once, since TensorFlow.js keeps no tape for a second use.
 *
 * @param v of the shape of f(x)
 * @throws Error if the shape of v is another one, or if an op of f has no derivative
 */
export function vjp(
  f: (x: tf.Tensor) => tf.Tensor,
  x: tf.Tensor,
  v: tf.Tensor,
): { value: tf.Tensor; pullback: tf.Tensor } {
  registerCorrectedGradients();
  const { value, grad } = tf.valueAndGrad((x: tf.Tensor) => {
    const y = f(x);
    if (!tf.util.arraysEqual(y.shape, v.shape)) {
      throw new Error(
        `The vector of a vector-Jacobian product has shape [${v.shape.join(', ')}]; expected that of f(x), [${y.shape.join(', ')}].`,
      );
    }
    return dependent(y, x);
  })(x, v);
  return { value, pullback: dependent(grad, x) };
}
