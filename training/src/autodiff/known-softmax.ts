import * as tf from '@tensorflow/tfjs';
import type { GradConfig } from './corrected-gradient.js';

/**
 * The operands of the op that saved a tensor for its gradient. An op that carries its own gradient (`tf.customGrad`)
 * is given what it saved and not what it was called with; the tape knows both. The data of an operand may be gone by
 * then, so it serves to say what a value depends on, no more.
 */
function operandsOf(saved: tf.Tensor): readonly tf.Tensor[] {
  const node = tf.engine().state.activeTape.find((node) => node.saved?.includes(saved));
  if (!node) throw new Error('The tape of TensorFlow.js does not hold the op whose gradient is asked for.');
  return Object.values(node.inputs);
}

/** log softmax over the last axis, as a function of its logits whose value is known already. */
const known = (logits: tf.Tensor, value: tf.Tensor): tf.Tensor =>
  tf.customGrad(() => ({
    value: tf.clone(value),
    gradFunc: (dy: tf.Tensor) => {
      const softmax = tf.exp(known(logits, value));
      return tf.sub(dy, tf.mul(tf.sum(dy, -1, true), softmax));
    },
  }))(logits);

/**
 * Gradients of `tf.logSoftmax` and `tf.losses.softmaxCrossEntropy`. They are no kernels, but TensorFlow.js looks for a
 * registered gradient under the name of the running op before it takes the one that the op carries. That one saves
 * log softmax without a path to the logits, so that a second derivative lacks a part (see `fromInputs`).
 */
export const knownSoftmaxes: readonly GradConfig[] = [
  {
    kernelName: 'logSoftmax__op',
    gradFunc: (dys, [value]) => {
      const dy = dys as tf.Tensor;
      const [logits] = operandsOf(value!);
      return {
        0: () => tf.sub(dy, tf.mul(tf.sum(dy, -1, true), tf.exp(known(logits!, value!)))),
      };
    },
  },
  {
    kernelName: 'softmaxCrossEntropy__op',
    gradFunc: (dys, [labels, value]) => {
      const dy = tf.expandDims(dys as tf.Tensor, -1);
      const log = known(operandsOf(value!)[1]!, value!);
      return {
        // The op's own gradient is softmax's in place of this.
        0: () => tf.neg(tf.mul(dy, log)),
        1: () => {
          const towards = tf.mul(tf.sum(labels!, -1, true), tf.exp(log));
          return tf.mul(dy, tf.sub(towards, labels!));
        },
      };
    },
  },
];
