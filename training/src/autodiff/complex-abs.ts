import * as tf from '@tensorflow/tfjs';
import type { GradConfig } from './corrected-gradient.js';

/** The absolute value of complex numbers: the stock gradient is the sign of the real part, which is no derivative. */
export const complexAbs: GradConfig = {
  kernelName: tf.ComplexAbs,
  gradFunc: () => {
    throw new Error(
      `The kernel ${tf.ComplexAbs} (tf.abs of complex numbers) has no derivative: compute with real and imaginary ` +
        'parts as two tensors.',
    );
  },
};
