import * as tf from '@tensorflow/tfjs';
import { expect, test } from 'vitest';
import { exportFunction } from '../../score-model/export-function.js';
import { testKernels } from '../../testing/kernels.js';
import { exportDifference, floats } from '../../testing/parity.js';
import { nonMaxSuppressions } from './non-max-suppression.js';
import { nonMaxSuppressions as examples, plain, scored } from '../../testing/examples/non-max-suppression.js';

testKernels(nonMaxSuppressions, examples);

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
