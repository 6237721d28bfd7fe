import type * as tf from '@tensorflow/tfjs';

/** A gradient for a kernel, in the form in which TensorFlow.js registers it. */
export type GradConfig = tf.GradConfig;

/**
 * A gradient that saves the inputs of its kernel alone and recomputes what else it needs with ordinary operations.
 *
 * TensorFlow.js puts the copy of a saved *output* on the tape before the node that makes the output. A second
 * differentiation then finds no path from the input to that copy and drops its part of the derivative: an error or,
 * where another path exists, a wrong number (tensorflow/tfjs issue 3252). A saved input has no such flaw.
 */
export function fromInputs<Inputs extends string, Attrs = tf.NamedAttrMap>(
  kernelName: string,
  inputsToSave: readonly Inputs[],
  gradients: (
    dy: tf.Tensor,
    inputs: Readonly<Record<Inputs, tf.Tensor>>,
    attrs: Attrs,
  ) => Readonly<Record<Inputs, () => tf.Tensor>>,
): GradConfig {
  return {
    kernelName,
    inputsToSave: [...inputsToSave],
    gradFunc: (dy, saved, attrs) => {
      const inputs = Object.fromEntries(inputsToSave.map((name, i) => [name, saved[i]!]));
      return gradients(dy as tf.Tensor, inputs as Record<Inputs, tf.Tensor>, attrs as Attrs);
    },
  };
}
