import * as tf from '@tensorflow/tfjs';
import { line, type Examples } from '../example.js';
import { floats } from '../parity.js';

export const INTERPOLATIONS = ['nearest', 'bilinear'] as const;
const FILL_MODES = ['constant', 'reflect', 'wrap', 'nearest'] as const;

/** tfjs's cpu backend transforms the first image of a batch alone; the others are tested below. */
const options = { gradient: 'tfjs has none', batches: [1] };
export const images = floats(['batch', 6, 7, 2]);

export const transforms: Examples = {
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
};
