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

/** The adjoint of `tf.tile`. */
function sumOfTiles(dy: tf.Tensor, shape: readonly number[], reps: readonly number[]): tf.Tensor {
  const apart = shape.flatMap((d, i) => (reps[i] === 1 ? [d] : [reps[i]!, d]));
  const axes = reps.flatMap((r, i) => (r === 1 ? [] : [i + reps.slice(0, i).filter((r) => r !== 1).length]));
  return axes.length === 0 ? tf.clone(dy) : tf.sum(tf.reshape(dy, apart), axes);
}

/**
 * Kernels whose stock gradient has the wrong shape where an operand is broadcast, and FloorDiv, whose stock gradient
 * is that of a division: a step function has none. And Tile, whose stock gradient takes one slice a repetition, and at most four axes.
 */
export const broadcastings: readonly GradConfig[] = [
  choice(tf.Maximum, tf.greaterEqual),
  choice(tf.Minimum, tf.lessEqual),
  fromInputs(tf.SquaredDifference, ['a', 'b'], (dy, { a, b }) => {
    const slope = () => tf.mul(dy, tf.mul(2, tf.sub(a, b)));
    return { a: () => sumTo(a.shape, slope()), b: () => sumTo(b.shape, tf.neg(slope())) };
  }),
  fromInputs<'x', { reps: number[] }>(tf.Tile, ['x'], (dy, { x }, { reps }) => ({
    x: () => sumOfTiles(dy, x.shape, reps),
  })),
  fromInputs(tf.FloorDiv, ['a', 'b'], (_, { a, b }) => ({
    a: () => tf.zerosLike(tf.cast(a, 'float32')),
    b: () => tf.zerosLike(tf.cast(b, 'float32')),
  })),
];
