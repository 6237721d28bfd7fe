import * as tf from '@tensorflow/tfjs';
import { line, type Examples } from '../example.js';
import { floats, ints } from '../parity.js';

type Args = [limit: number, iou?: number, score?: number, sigma?: number];
type Choose = (boxes: tf.Tensor, scores: tf.Tensor, ...args: Args) => tf.Tensor | tf.Tensor[];

export const plain: Choose = (boxes, scores, ...[limit, iou, score]) =>
  tf.image.nonMaxSuppression(boxes as tf.Tensor2D, scores as tf.Tensor1D, limit, iou, score);
const counted =
  (pad: boolean): Choose =>
  (boxes, scores, ...[limit, iou, score]) => {
    const [b, s] = [boxes as tf.Tensor2D, scores as tf.Tensor1D];
    const { selectedIndices, validOutputs } = tf.image.nonMaxSuppressionPadded(b, s, limit, iou, score, pad);
    return [selectedIndices!, validOutputs!];
  };
export const scored: Choose = (boxes, scores, ...args) => {
  const found = tf.image.nonMaxSuppressionWithScore(boxes as tf.Tensor2D, scores as tf.Tensor1D, ...args);
  return [found['selectedIndices']!, found['selectedScores']!];
};

const SETTINGS: readonly Args[] = [[20], [60, 0.3, 0.2], [3], [0], [40, 0], [40, 0.1], [40, 1], [10, 0.5, 5]];
const WHOLE: readonly Args[] = [
  [30, 0.5],
  [30, 1 / 3, 0.25],
  [30, 0.25, 0],
  [30, 0],
];

/** Indices have to be the same. */
const lines = (choose: Choose, extra: readonly Args[] = [], within = 0) => {
  const options = { within, gradient: 'a choice has no gradient' };
  return [
    ...[...SETTINGS, ...extra].map((args) =>
      line(
        { boxes: floats([40, 4], 0, 1), scores: floats([40], 0, 1) },
        ({ boxes, scores }) => choose(boxes, scores, ...args),
        options,
      ),
    ),
    // Whole numbers: boxes without area, equal ones, equal scores, overlaps and scores that are a threshold.
    ...WHOLE.map((args) =>
      line(
        { boxes: ints([50, 4], 4), scores: ints([50], 6) },
        ({ boxes, scores }) =>
          choose(tf.cast(boxes, 'float32'), tf.mul(tf.cast(scores, 'float32'), 0.125), ...args),
        options,
      ),
    ),
    line(
      { boxes: floats([0, 4]), scores: floats([0]) },
      ({ boxes, scores }) => choose(boxes, scores, 5),
      options,
    ),
    // What is chosen goes on: the boxes, and the best of them.
    line(
      { boxes: floats([40, 4], 0, 1), scores: floats([40], 0, 1) },
      ({ boxes, scores }) => {
        const [indices] = [choose(boxes, scores, 30)].flat();
        return [tf.gather(boxes, indices as tf.Tensor1D), tf.max(tf.gather(scores, indices as tf.Tensor1D))];
      },
      options,
    ),
  ];
};

export const nonMaxSuppressions: Examples = {
  NonMaxSuppressionV3: lines(plain),
  NonMaxSuppressionV4: [...lines(counted(true)), ...lines(counted(false))],
  NonMaxSuppressionV5: lines(
    scored,
    [
      [20, 0.5, 0, 0.5],
      [40, 0.9, 0.3, 0.1],
      [40, 1, 0, 1],
      [0, 0.5, 0, 0.5],
    ],
    1e-6,
  ),
};
