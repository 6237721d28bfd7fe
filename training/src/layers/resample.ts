import * as tf from '@tensorflow/tfjs';
import type { ParameterScope } from '../models/parameter-scope.js';
import { conv2d } from './conv2d.js';
import type { Layer } from './layer.js';

/** Halves height and width with a 3x3 convolution of stride 2; `channels` stay. */
export const downsample = (scope: ParameterScope, { channels }: { channels: number }): Layer<tf.Tensor4D> =>
  conv2d(scope, { inputs: channels, outputs: channels, stride: 2 });

/** Doubles height and width by repeating each pixel, then a 3x3 convolution from `inputs` to `outputs` channels. */
export function upsample(
  scope: ParameterScope,
  { inputs, outputs }: { inputs: number; outputs: number },
): Layer<tf.Tensor4D> {
  const conv = conv2d(scope, { inputs, outputs });
  return (p, x) => conv(p, repeatPixels(x));
}

/**
 * Nearest-neighbour upsampling by two: [B, H, W, C] -> [B, 2 H, 2 W, C]. It brings its own gradient, the sums of 2 x 2
 * blocks, because the stock one is wrong for more than one image on the cpu backend of TensorFlow.js 4.22 and cannot
 * be differentiated again.
 */
export function repeatPixels(x: tf.Tensor4D): tf.Tensor4D {
  const repeat = tf.customGrad(() => ({
    value: tf.image.resizeNearestNeighbor(x, [2 * x.shape[1], 2 * x.shape[2]]),
    gradFunc: (dy) => tf.mul(tf.avgPool(dy as tf.Tensor4D, 2, 2, 'valid'), 4),
  }));
  return repeat(x) as tf.Tensor4D;
}
