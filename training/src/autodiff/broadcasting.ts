import * as tf from '@tensorflow/tfjs';
import { fromInputs, type GradConfig } from './corrected-gradient.js';
import { sumTo } from './sum-to.js';

/** The larger or smaller of two: dy goes to a where `toA` holds, else to b. */
const choice = (kernelName: string, toA: typeof tf.greaterEqual) =>
  fromInputs(kernelName, ['a', 'b'], (dy, { a, b }) => {
    const chosen = () => tf.cast(toA(a, b), 'float32');
    return {
      a: () => sumTo(a.shape, tf.mul(dy, chosen())),
      b: () => sumTo(b.shape, tf.mul(dy, tf.sub(1, chosen()))),
    };
  });

/**
 * Kernels whose stock gradient has the wrong shape where an operand is broadcast, and FloorDiv, whose stock gradient
 * is that of a division: a step function has none.
 */
export const broadcastings: readonly GradConfig[] = [
  choice(tf.Maximum, tf.greaterEqual),
  choice(tf.Minimum, tf.lessEqual),
  fromInputs(tf.SquaredDifference, ['a', 'b'], (dy, { a, b }) => {
    const slope = () => tf.mul(dy, tf.mul(2, tf.sub(a, b)));
    return { a: () => sumTo(a.shape, slope()), b: () => sumTo(b.shape, tf.neg(slope())) };
  }),
  fromInputs(tf.FloorDiv, ['a', 'b'], (_, { a, b }) => ({
    a: () => tf.zerosLike(tf.cast(a, 'float32')),
    b: () => tf.zerosLike(tf.cast(b, 'float32')),
  })),
];
