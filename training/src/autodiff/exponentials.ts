import * as tf from '@tensorflow/tfjs';
import { fromInputs, type GradConfig } from './corrected-gradient.js';
import { sumTo } from './sum-to.js';

/**
 * Exp, Sigmoid, Tanh, Elu and Pow: their stock gradients save the output. And Selu, whose stock gradient is NaN when
 * differentiated again where exp(x) is infinite.
 */
export const exponentials: readonly GradConfig[] = [
  fromInputs(tf.Exp, ['x'], (dy, { x }) => ({ x: () => tf.mul(dy, tf.exp(x)) })),

  fromInputs(tf.Sigmoid, ['x'], (dy, { x }) => ({
    x: () => {
      const y = tf.sigmoid(x);
      return tf.mul(dy, tf.mul(y, tf.sub(1, y)));
    },
  })),

  fromInputs(tf.Tanh, ['x'], (dy, { x }) => ({
    x: () => tf.mul(dy, tf.sub(1, tf.square(tf.tanh(x)))),
  })),

  fromInputs(tf.Elu, ['x'], (dy, { x }) => ({
    // The minimum keeps exp finite where it is not used.
    x: () => tf.mul(dy, tf.where(tf.greater(x, 0), tf.onesLike(x), tf.exp(tf.minimum(x, 0)))),
  })),

  fromInputs(tf.Selu, ['x'], (dy, { x }) => ({
    x: () => {
      const { SELU_SCALE: scale, SELU_SCALEALPHA: scaleAlpha } = tf.backend_util;
      const below = tf.mul(scaleAlpha, tf.exp(tf.minimum(x, 0)));
      return tf.mul(dy, tf.where(tf.greater(x, 0), tf.fill(x.shape, scale), below));
    },
  })),

  fromInputs(tf.Pow, ['a', 'b'], (dy, { a, b }) => ({
    a: () => sumTo(a.shape, tf.mul(dy, tf.mul(b, tf.pow(a, tf.sub(b, 1))))),
    b: () => {
      // As in TensorFlow, a base that is not positive has no derivative with respect to the exponent; its logarithm
      // is taken of 1 so that no NaN enters either derivative.
      const log = tf.log(tf.where(tf.greater(a, 0), a, tf.onesLike(a)));
      return sumTo(b.shape, tf.mul(dy, tf.mul(tf.pow(a, b), log)));
    },
  })),
];
