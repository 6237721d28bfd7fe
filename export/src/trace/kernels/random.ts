import type { MultinomialAttrs } from '@tensorflow/tfjs-core';
import * as g from '../../graph/ops.js';
import { input, type Rules } from './rule.js';

/** ONNX's number for int32, as an attribute. */
const INT32 = 6;

export const random: Rules = {
  /**
   * Drawn anew in every run. A seed makes the draws of a session those of any other session, one run after the other,
   * where tfjs repeats one draw.
   */
  Multinomial: (inputs, { numSamples, seed, normalized }: MultinomialAttrs) => {
    const logits = input(inputs, 'logits');
    return g.emit(
      'Multinomial',
      [normalized ? g.unary('Log', logits) : logits],
      { dtype: 'int32', shapes: [[logits.shape[0]!, numSamples]] },
      // Where none was given, tfjs has made one up: a fraction.
      { sample_size: numSamples, dtype: INT32, ...(Number.isInteger(seed) && { seed }) },
    );
  },
};
