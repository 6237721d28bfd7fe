import * as tf from '@tensorflow/tfjs';
import type { GradConfig } from './corrected-gradient.js';

/**
 * Names of inputs that an op may leave out and its gradient may not. TensorFlow.js looks each up by `map` as the op
 * runs, and fails on one that is not there with the name of nothing that the caller wrote.
 */
class NeededInputs extends Array<string> {
  override map<T>(find: (name: string, index: number, names: string[]) => T): T[] {
    return Array.from(this, (name, i) => {
      const input = find(name, i, this);
      if (input === undefined)
        throw new Error(
          `tf.batchNorm has no gradient without ${name}: give it tf.zerosLike(mean) as offset and tf.onesLike(mean) as scale.`,
        );
      return input;
    });
  }
}

/** The stock gradient, which is right, with a clear word where it would fail. */
export const batchNorms: readonly GradConfig[] = [
  {
    ...tf.getGradient(tf.FusedBatchNorm),
    inputsToSave: NeededInputs.from(['x', 'mean', 'variance', 'scale', 'offset']),
  },
];
