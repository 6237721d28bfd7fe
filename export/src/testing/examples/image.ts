import * as tf from '@tensorflow/tfjs';
import { line, type Examples } from '../example.js';
import { floats } from '../parity.js';

const options = { within: 0, gradient: 'tfjs has none' };

export const imageMoves: Examples = {
  FlipLeftRight: [line({ x: floats(['batch', 3, 5, 2]) }, ({ x }) => tf.image.flipLeftRight(x), options)],
  RotateWithOffset: [
    ...[0.3, Math.PI / 2, Math.PI, -2.5, 0].map((radians) =>
      line({ x: floats(['batch', 5, 8, 3]) }, ({ x }) => tf.image.rotateWithOffset(x, radians), options),
    ),
    line(
      { x: floats(['batch', 6, 5, 4]) },
      ({ x }) => tf.image.rotateWithOffset(x, 0.7, [1, 2, 3], [0.2, 0.9]),
      options,
    ),
    line({ x: floats(['batch', 6, 5, 2]) }, ({ x }) => tf.image.rotateWithOffset(x, 0.7, -4, 0.1), options),
  ],
};
