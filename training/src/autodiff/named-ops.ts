import * as tf from '@tensorflow/tfjs';
import type { GradConfig } from './corrected-gradient.js';

/**
 * The operands of the op that saved these tensors for its gradient. An op that carries its own gradient
 * (`tf.customGrad`) is given what it saved and not what it was called with; the tape knows both. The data of an operand
 * may be gone by then, so it serves to say what a value depends on, no more.
 */
function operandsOf(saved: readonly tf.Tensor[]): readonly tf.Tensor[] {
  const node = tf.engine().state.activeTape.find((node) => node.saved === saved);
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
 * Gradients of the ops that carry one of their own. They are no kernels, but TensorFlow.js looks for a registered
 * gradient under the name of the running op before it takes the op's. Those of `tf.logSoftmax` and
 * `tf.losses.softmaxCrossEntropy` save log softmax without a path to the logits, so that a second derivative lacks a
 * part (see `fromInputs`).
 */
export const namedOps: readonly GradConfig[] = [
  {
    kernelName: 'logSoftmax__op',
    gradFunc: (dys, saved) => {
      const dy = dys as tf.Tensor;
      const [value] = saved;
      const [logits] = operandsOf(saved);
      return {
        0: () => tf.sub(dy, tf.mul(tf.sum(dy, -1, true), tf.exp(known(logits!, value!)))),
      };
    },
  },
  {
    kernelName: 'softmaxCrossEntropy__op',
    gradFunc: (dys, saved) => {
      const [labels, value] = saved;
      const dy = tf.expandDims(dys as tf.Tensor, -1);
      const log = known(operandsOf(saved)[1]!, value!);
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
  {
    kernelName: 'logSigmoid__op',
    gradFunc: (dy, saved) => {
      const [x] = operandsOf(saved);
      return {
        0: () => {
          try {
            return tf.mul(dy as tf.Tensor, tf.sigmoid(tf.neg(x!)));
          } catch (cause) {
            // The op saves nothing, so what it was given is gone where that was computed on the way.
            throw new Error(
              'The gradient of tf.logSigmoid has lost its input: write tf.neg(tf.softplus(tf.neg(x))) in its place.',
              { cause },
            );
          }
        },
      };
    },
  },
];
