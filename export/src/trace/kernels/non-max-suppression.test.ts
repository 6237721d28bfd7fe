import * as tf from '@tensorflow/tfjs';
import { expect, test } from 'vitest';
import { exportFunction } from '../../score-model/export-function.js';
import { line, testKernels } from '../../testing/kernels.js';
import { exportDifference, floats, ints } from '../../testing/parity.js';
import { nonMaxSuppressions } from './non-max-suppression.js';

type Args = [limit: number, iou?: number, score?: number, sigma?: number];
type Choose = (boxes: tf.Tensor, scores: tf.Tensor, ...args: Args) => tf.Tensor | tf.Tensor[];

const plain: Choose = (boxes, scores, ...[limit, iou, score]) =>
  tf.image.nonMaxSuppression(boxes as tf.Tensor2D, scores as tf.Tensor1D, limit, iou, score);
const counted =
  (pad: boolean): Choose =>
  (boxes, scores, ...[limit, iou, score]) => {
    const [b, s] = [boxes as tf.Tensor2D, scores as tf.Tensor1D];
    const { selectedIndices, validOutputs } = tf.image.nonMaxSuppressionPadded(b, s, limit, iou, score, pad);
    return [selectedIndices!, validOutputs!];
  };
const scored: Choose = (boxes, scores, ...args) => {
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

testKernels(nonMaxSuppressions, {
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
});

test('a number of boxes that is symbolic is refused', () => {
  const x = { boxes: floats(['n', 4]), scores: floats(['n']) };
  const fn = ({ boxes, scores }: Record<string, tf.Tensor>) => ({
    y: plain(boxes!, scores!, 100) as tf.Tensor,
  });
  expect(() => exportFunction(fn, x)).toThrow(/NonMaxSuppressionV3 is given a symbolic number of boxes/);
});

test.each([0, 5])(
  'boxes that were themselves chosen, of a score above %d, are as many as there are',
  async (above) => {
    const x = { boxes: floats([40, 4], 0, 1), scores: floats([40], 0, 1) };
    const twice = ({ boxes, scores }: Record<string, tf.Tensor>) => {
      const first = plain(boxes!, scores!, 40, 0.5, above) as tf.Tensor1D;
      const [kept, scoresKept] = [tf.gather(boxes!, first), tf.square(tf.gather(scores!, first))];
      const [soft] = scored(kept, scoresKept, 100, 0.5, 0, 0.5) as tf.Tensor[];
      return { hard: plain(kept, scoresKept, 100, 0.2) as tf.Tensor, soft: soft! };
    };
    expect(await exportDifference(twice, x)).toEqual({ hard: 0, soft: 0 });
  },
);
