import * as tf from '@tensorflow/tfjs';
import { line, type Examples } from '../example.js';
import { floats, ints } from '../parity.js';

type Size = [number, number];
type Method = 'bilinear' | 'nearest';

const options = { gradient: 'tfjs has none' };

/** Inside, flipped, reaching outside on every side, and of images that there are not. */
const boxes = floats([12, 4], -0.5, 1.5);
const images = floats(['batch', 7, 5, 3]);

export const crops: Examples = {
  CropAndResize: (['bilinear', 'nearest'] as Method[])
    .flatMap((method) => [
      ...(
        [
          [4, 6],
          [1, 1],
          [1, 3],
          [9, 2],
        ] as Size[]
      ).map((size) =>
        line(
          { images, boxes, of: ints([12], 20) },
          ({ images, boxes, of }) =>
            tf.image.cropAndResize(images, boxes as never, of as never, size, method, -7.5),
          options,
        ),
      ),
      // Up to where the image ends, where one rounding error is a row of nothing.
      line(
        { images: floats(['batch', 28, 23, 2]), low: floats(['batch', 2], 0, 0.9), of: ints(['batch'], 2) },
        ({ images, low, of }) =>
          tf.image.cropAndResize(
            images,
            tf.concat([low, tf.onesLike(low)], 1) as never,
            of as never,
            [14, 11],
            method,
            100,
          ),
        options,
      ),
      line(
        { images: ints([2, 6, 6, 1], 9), boxes: floats([5, 4], 0, 1) },
        ({ images, boxes }) =>
          tf.image.cropAndResize(
            images,
            boxes as never,
            tf.tensor1d([0, 1, 1, 0, 1], 'int32'),
            [3, 3],
            method,
          ),
        options,
      ),
    ])
    .concat(
      // Boxes that are no numbers cut out none.
      line(
        { images, boxes, of: ints([12], 1) },
        ({ images, boxes, of }) =>
          tf.image.cropAndResize(images, tf.sqrt(boxes) as never, of as never, [4, 3], 'bilinear', 5),
        options,
      ),
    ),
};
