import * as tf from '@tensorflow/tfjs';
import { line, testKernels } from '../../testing/kernels.js';
import { floats, ints } from '../../testing/parity.js';
import { nonMaxSuppressions } from './non-max-suppression.js';

type Args = [limit: number, iou?: number, score?: number];

const padded =
  (...[limit, iou, score]: Args) =>
  ({ boxes, scores }: { boxes: tf.Tensor; scores: tf.Tensor }) => {
    const { selectedIndices, validOutputs } = tf.image.nonMaxSuppressionPadded(
      boxes as tf.Tensor2D,
      scores as tf.Tensor1D,
      limit,
      iou,
      score,
      true,
    );
    return [selectedIndices, validOutputs];
  };

/** Indices have to be the same. */
const exact = { within: 0, gradient: 'a choice has no gradient' };

const SETTINGS: readonly Args[] = [[20], [60, 0.3, 0.2], [3], [0], [40, 0], [40, 0.1], [40, 1], [10, 0.5, 5]];

testKernels(nonMaxSuppressions, {
  NonMaxSuppressionV4: [
    ...SETTINGS.map((args) =>
      line({ boxes: floats([40, 4], 0, 1), scores: floats([40], 0, 1) }, (x) => padded(...args)(x), exact),
    ),
    // Whole numbers: boxes without area, equal ones, equal scores, overlaps and scores that are a threshold.
    ...(
      [
        [30, 0.5],
        [30, 1 / 3, 0.25],
        [30, 0.25, 0],
        [30, 0],
      ] as Args[]
    ).map((args) =>
      line(
        { boxes: ints([50, 4], 4), scores: ints([50], 6) },
        ({ boxes, scores }) =>
          padded(...args)({
            boxes: tf.cast(boxes, 'float32'),
            scores: tf.mul(tf.cast(scores, 'float32'), 0.125),
          }),
        exact,
      ),
    ),
    line({ boxes: floats([0, 4]), scores: floats([0]) }, (x) => padded(5)(x), exact),
  ],
});
