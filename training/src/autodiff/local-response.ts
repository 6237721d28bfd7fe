import * as tf from '@tensorflow/tfjs';
import { fromInputs, type GradConfig } from './corrected-gradient.js';

interface LocalResponseAttrs {
  depthRadius: number;
  bias: number;
  alpha: number;
  beta: number;
}

/** LRN, y = x s^-beta with s_i = bias + alpha sum of x_j^2 over |i - j| <= depthRadius; its stock gradient saves y. */
export const localResponses: readonly GradConfig[] = [
  fromInputs<'x', LocalResponseAttrs>(tf.LRN, ['x'], (dy, { x }, { depthRadius, bias, alpha, beta }) => ({
    x: () => {
      const channels = x.shape.at(-1)!;
      const near = Array.from({ length: channels ** 2 }, (_, k) =>
        Math.abs(Math.floor(k / channels) - (k % channels)) <= depthRadius ? 1 : 0,
      );
      const neighbours = tf.tensor2d(near, [channels, channels]);
      const sum = (z: tf.Tensor) =>
        tf.reshape(tf.matMul(tf.reshape(z, [x.size / channels, channels]), neighbours), x.shape);
      const s = tf.add(bias, tf.mul(alpha, sum(tf.square(x))));
      // s_i depends on x_j as s_j does on x_i, so the sum is its own adjoint.
      const throughS = tf.mul(x, sum(tf.mul(tf.mul(dy, x), tf.pow(s, -beta - 1))));
      return tf.sub(tf.mul(dy, tf.pow(s, -beta)), tf.mul(2 * alpha * beta, throughS));
    },
  })),
];
