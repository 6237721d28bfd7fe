import * as tf from '@tensorflow/tfjs';
import type { Dropout } from '../models/network.js';
import type { ParameterScope } from '../models/parameter-scope.js';

/**
 * Sets each element of x [B, ...shape] to zero with probability `rate` and divides the others by 1 - rate
 * (Srivastava et al., Dropout, 2014). It takes its uniform numbers from the caller, and is the identity without.
 */
export function dropout(
  scope: ParameterScope,
  { shape, rate }: { shape: readonly number[]; rate: number },
): <T extends tf.Tensor>(x: T, source?: Dropout) => T {
  if (rate === 0) return (x) => x;
  const site = scope.declareDropout(shape);
  return (x, source) => {
    if (source === undefined) return x;
    const kept = tf.cast(tf.greaterEqual(source(site), rate), 'float32');
    return tf.mul(x, tf.mul(kept, 1 / (1 - rate)));
  };
}
