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
 * Kernels whose stock gradient has the wrong shape where an operand is broadcast; and Tile, whose stock gradient takes
 * a slice for each repetition, and four axes at most.
 */
export const broadcastings: readonly GradConfig[] = [
  choice(tf.Maximum, tf.greaterEqual),
  choice(tf.Minimum, tf.lessEqual),
  fromInputs(tf.SquaredDifference, ['a', 'b'], (dy, { a, b }) => {
    const slope = () => tf.mul(dy, tf.mul(2, tf.sub(a, b)));
    return { a: () => sumTo(a.shape, slope()), b: () => sumTo(b.shape, tf.neg(slope())) };
  }),
  fromInputs<'a' | 'b', { transposeA: boolean; transposeB: boolean }>(
    tf.BatchMatMul,
    ['a', 'b'],
    (dy, { a, b }, { transposeA, transposeB }) => ({
      a: () =>
        sumTo(
          a.shape,
          transposeA ? tf.matMul(b, dy, transposeB, true) : tf.matMul(dy, b, false, !transposeB),
        ),
      b: () =>
        sumTo(
          b.shape,
          transposeB ? tf.matMul(dy, a, true, transposeA) : tf.matMul(a, dy, !transposeA, false),
        ),
    }),
  ),
  fromInputs<'x', { reps: number[] }>(tf.Tile, ['x'], (dy, { x }, { reps }) => ({
    x: () => sumOfTiles(dy, x.shape, reps),
  })),
];
