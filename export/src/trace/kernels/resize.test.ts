import * as tf from '@tensorflow/tfjs';
import { describe, expect, test } from 'vitest';
import { adjointDifference } from '../../testing/adjoint.js';
import { testKernels } from '../../testing/kernels.js';
import { SEED, exportDifference, floats } from '../../testing/parity.js';
import { resizings } from './resize.js';
import { resizings as examples, SETTINGS } from '../../testing/examples/resize.js';

testKernels(resizings, examples);

describe.each([
  ['nearest', tf.image.resizeNearestNeighbor],
  ['bilinear', tf.image.resizeBilinear],
] as const)('%s', (_, f) => {
  test.each(SETTINGS)(
    'the gradient is the adjoint: %j',
    async ({ from, to, alignCorners, halfPixelCenters }) => {
      const A = (x: tf.Tensor4D) => f(x, to, alignCorners, halfPixelCenters);
      expect(await adjointDifference(A, floats(['batch', ...from, 2])), `seed ${SEED}`).toBeLessThan(1e-6);
    },
  );
});

test('nearest neighbours are the same ones at every pair of sizes up to 11', { tags: ['long'] }, async () => {
  for (let from = 1; from <= 11; from++) {
    const fn = ({ x }: Record<string, tf.Tensor>) =>
      Object.fromEntries(
        Array.from({ length: 11 }, (_, i) => i + 1).flatMap((to) =>
          [[false, false], [true, false], [false, true]].map(([align, half]) => [
            `${from} to ${to}, ${align ? 'corners' : half ? 'half pixels' : 'plain'}`,
            tf.image.resizeNearestNeighbor(x as tf.Tensor4D, [to, 1], align, half),
          ]),
        ),
      ); // prettier-ignore
    const differences = await exportDifference(fn, { x: floats(['batch', from, 1, 1]) }, [1]);
    expect(
      Object.entries(differences).filter(([, d]) => d > 0),
      `seed ${SEED}`,
    ).toEqual([]);
  }
});
