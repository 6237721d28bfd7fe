import * as tf from '@tensorflow/tfjs';
import { vjp } from './vjp.js';

/**
 * The exact divergence of a vector field, the trace of its Jacobian, for each sample: x [B, ...shape] to [B]. It
 * takes one backward pass a dimension of a sample; `hutchinsonDivergence` estimates it with one.
 *
 * @param f from [B, ...shape] to the same shape, each sample by itself
 * @throws Error if f changes the shape, or if an op of f has no derivative
 */
export function divergence(f: (x: tf.Tensor) => tf.Tensor, x: tf.Tensor): tf.Tensor1D {
  const shape = x.shape.slice(1);
  const dimensions = tf.util.sizeFromShape(shape);
  const rest = shape.map((_, i) => i + 1);
  const terms = Array.from({ length: dimensions }, (_, i) => {
    const unit = new Float32Array(dimensions);
    unit[i] = 1;
    // From a constant for one sample, so that a trace does not bake the batch in.
    const v = tf.add(tf.zerosLike(x), tf.tensor(unit, [1, ...shape]));
    return tf.sum(tf.mul(vjp(f, x, v).pullback, v), rest);
  });
  return tf.addN(terms) as tf.Tensor1D;
}
