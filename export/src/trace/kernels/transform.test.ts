import * as tf from '@tensorflow/tfjs';
import { expect, test } from 'vitest';
import { testKernels } from '../../testing/kernels.js';
import { SEED, exportDifference, floats } from '../../testing/parity.js';
import { transforms } from './transform.js';
import { transforms as examples, INTERPOLATIONS, images } from '../../testing/examples/transform.js';

testKernels(transforms, examples);

test.each(INTERPOLATIONS)('every image of a batch has its own transform: %s', async (interpolation) => {
  const inputs = { images: floats([3, 6, 7, 2]), matrix: floats([3, 8], -1, 1) };
  const apply = (x: tf.Tensor, matrix: tf.Tensor) =>
    tf.image.transform(
      x as tf.Tensor4D,
      tf.mul(matrix, [1, 1, 4, 1, 1, 4, 0.1, 0.1]) as tf.Tensor2D,
      interpolation,
    );
  // As one batch under the trace; on the cpu backend one by one.
  const fn = ({ images, matrix }: Record<string, tf.Tensor>) => {
    if (tf.getBackend() !== 'cpu') return { y: apply(images!, matrix!) };
    const one = (x: tf.Tensor, i: number) => tf.slice(x, i, 1);
    return { y: tf.concat([0, 1, 2].map((i) => apply(one(images!, i), one(matrix!, i)))) };
  };
  const { y } = await exportDifference(fn, inputs);
  expect(y, `seed ${SEED}`).toBeLessThanOrEqual(1e-6);
});

test('one transform serves a whole batch', async () => {
  const fn = ({ images }: Record<string, tf.Tensor>) => {
    const apply = (x: tf.Tensor) =>
      tf.image.transform(x as tf.Tensor4D, [[0.9, 0.2, 1, -0.1, 1.1, 0.5, 0, 0]] as never, 'bilinear');
    if (tf.getBackend() !== 'cpu') return { y: apply(images!) };
    return {
      y: tf.concat(Array.from({ length: images!.shape[0]! }, (_, i) => apply(tf.slice(images!, i, 1)))),
    };
  };
  const { y } = await exportDifference(fn, { images });
  expect(y, `seed ${SEED}`).toBeLessThanOrEqual(1e-6);
});
