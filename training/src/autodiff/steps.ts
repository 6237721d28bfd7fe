import * as tf from '@tensorflow/tfjs';
import { fromInputs, type GradConfig } from './corrected-gradient.js';

const zero = (x: tf.Tensor) => () => tf.zerosLike(tf.cast(x, 'float32'));

/**
 * Step functions whose stock gradient is not zero: FloorDiv has that of a division, and Cast to whole numbers or
 * booleans that of the identity.
 */
export const steps: readonly GradConfig[] = [
  fromInputs(tf.FloorDiv, ['a', 'b'], (_, { a, b }) => ({ a: zero(a), b: zero(b) })),
  fromInputs<never, { dtype: tf.DataType }>(tf.Cast, [], (dy, _, { dtype }) => ({
    x: () => (dtype === 'int32' || dtype === 'bool' ? tf.zerosLike(dy) : tf.clone(dy)),
  })),
];
