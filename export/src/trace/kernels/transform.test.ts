import * as tf from '@tensorflow/tfjs';
import { expect, test } from 'vitest';
import { line, testKernels } from '../../testing/kernels.js';
import { SEED, exportDifference, floats } from '../../testing/parity.js';
import { transforms } from './transform.js';

const INTERPOLATIONS = ['nearest', 'bilinear'] as const;
const FILL_MODES = ['constant', 'reflect', 'wrap', 'nearest'] as const;

/** tfjs's cpu backend transforms the first image of a batch alone; the others are tested below. */
const options = { gradient: 'tfjs has none', batches: [1] };
const images = floats(['batch', 6, 7, 2]);

testKernels(transforms, {
  Transform: INTERPOLATIONS.flatMap((interpolation) => [
    ...FILL_MODES.flatMap((mode) => [
      // Every point somewhere, many of them far outside, on both sides.
      line(
        { images, matrix: floats(['batch', 8], -2, 2) },
        ({ images, matrix }) =>
          tf.image.transform(
            images,
            tf.mul(matrix, [1, 1, 12, 1, 1, 12, 0.1, 0.1]) as never,
            interpolation,
            mode,
            -3,
          ),
        options,
      ),
      // Halves of pixels, which are rounded up, as far as three images away; and another size.
      line(
        { images },
        ({ images }) =>
          tf.image.transform(
            images,
            [[0.5, 0, -9, 0.25, 1.5, -20, 0, 0]] as never,
            interpolation,
            mode,
            4,
            [31, 50],
          ),
        options,
      ),
      line(
        { images: floats(['batch', 1, 1, 1]) },
        ({ images }) =>
          tf.image.transform(images, [[1, 0, -2, 0, 1, -2, 0, 0]] as never, interpolation, mode, 4, [5, 5]),
        options,
      ),
    ]),
    // A row of points at infinity.
    line(
      { images },
      ({ images }) =>
        tf.image.transform(images, [[1, 0, 0, 0, 1, 0, -0.25, 0]] as never, interpolation, 'constant', 9),
      options,
    ),
  ]),
});

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
