import * as tf from '@tensorflow/tfjs';
import { fromInputs, type GradConfig } from './corrected-gradient.js';

/** Softmax and LogSoftmax: their stock gradients save the output. */
export const softmaxes: readonly GradConfig[] = [
  fromInputs<'logits', { dim: number }>(tf.Softmax, ['logits'], (dy, { logits }, { dim }) => ({
    logits: () => {
      const y = tf.softmax(logits, dim);
      const weighted = tf.mul(dy, y);
      return tf.sub(weighted, tf.mul(tf.sum(weighted, dim, true), y));
    },
  })),

  fromInputs<'logits', { axis: number }>(tf.LogSoftmax, ['logits'], (dy, { logits }, { axis }) => ({
    logits: () => tf.sub(dy, tf.mul(tf.sum(dy, axis, true), tf.softmax(logits, axis))),
  })),
];

/**
 * The logarithm of softmax over the last axis, in operations that differentiate: the gradient that `tf.logSoftmax`
 * carries has a wrong derivative where the corrected gradients are not in place.
 */
export function logSoftmax<T extends tf.Tensor>(logits: T): T {
  const shifted = tf.sub(logits, tf.max(logits, -1, true));
  return tf.sub(shifted, tf.log(tf.sum(tf.exp(shifted), -1, true)));
}
