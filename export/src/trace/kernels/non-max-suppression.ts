import type { NonMaxSuppressionV4Attrs } from '@tensorflow/tfjs-core';
import { chooseBoxes } from '../../graph/operators.js';
import { input, type Rules } from './rule.js';

export const nonMaxSuppressions: Rules = {
  NonMaxSuppressionV4: (inputs, attrs: NonMaxSuppressionV4Attrs) => {
    const { maxOutputSize, iouThreshold, scoreThreshold, padToMaxOutputSize } = attrs;
    if (!padToMaxOutputSize)
      throw new Error(
        'Boxes that are not padded are as many as there are, which a graph cannot have as a dimension: ask for padded ' +
          'ones, tf.image.nonMaxSuppressionPadded with padToMaxOutputSize.',
      );
    const how = { iouThreshold, scoreThreshold, softNmsSigma: 0 };
    const [indices, , count] = chooseBoxes(
      input(inputs, 'boxes'),
      input(inputs, 'scores'),
      maxOutputSize,
      how,
    );
    return [indices!, count!];
  },
};
