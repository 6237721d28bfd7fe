import * as tf from '@tensorflow/tfjs';
import { fromInputs, type GradConfig } from './corrected-gradient.js';

// By way of a cast, because the gradient of a boolean input has to be float32 too.
const zero = (x: tf.Tensor) => () => tf.zerosLike(tf.cast(x, 'float32'));

/**
 * Zero gradients for comparisons. They appear in the gradients of piecewise functions (max, clip, where); without
 * one, differentiating such a gradient again throws instead of treating the choice as the constant it is.
 */
export const comparisons: readonly GradConfig[] = [
  ...[
    tf.Equal,
    tf.NotEqual,
    tf.Greater,
    tf.GreaterEqual,
    tf.Less,
    tf.LessEqual,
    tf.LogicalAnd,
    tf.LogicalOr,
  ].map((kernelName) => fromInputs(kernelName, ['a', 'b'], (_, { a, b }) => ({ a: zero(a), b: zero(b) }))),
  fromInputs(tf.LogicalNot, ['x'], (_, { x }) => ({ x: zero(x) })),
];
