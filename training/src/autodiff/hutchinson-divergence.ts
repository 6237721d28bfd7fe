import * as tf from '@tensorflow/tfjs';
import { vjp } from './vjp.js';

/**
 * Hutchinson's estimate of the divergence of a vector field for each sample, v' J v: x [B, ...shape] to [B]. Its mean
 * over probes v whose elements are uncorrelated with mean 0 and variance 1, such as normals or signs, is the
 * divergence. With several probes, `v` [slices, B, ...shape], it is their average; each takes one backward pass.
 *
 * @param f from [B, ...shape] to the same shape, each sample by itself
 * @param v of the shape of x, or with slices before it
 * @throws Error if v or f(x) has another shape, or if an op of f has no derivative
 * @see M. F. Hutchinson, "A stochastic estimator of the trace of the influence matrix", 1989
 */
export function hutchinsonDivergence(
  f: (x: tf.Tensor) => tf.Tensor,
  x: tf.Tensor,
  v: tf.Tensor,
): tf.Tensor1D {
  const sliced = v.rank === x.rank + 1;
  if (!tf.util.arraysEqual(sliced ? v.shape.slice(1) : v.shape, x.shape)) {
    throw new Error(
      `The probes of a divergence have shape [${v.shape.join(', ')}]; expected that of x, [${x.shape.join(', ')}], ` +
        'or that with slices before it.',
    );
  }
  const rest = x.shape.slice(1).map((_, i) => i + 1);
  const slices = sliced ? tf.unstack(v) : [v];
  const terms = slices.map((v) => tf.sum(tf.mul(vjp(f, x, v).pullback, v), rest));
  return tf.div(tf.addN(terms), slices.length) as tf.Tensor1D;
}
