import * as tf from '@tensorflow/tfjs';
import { line, type Examples } from '../example.js';
import { floats } from '../parity.js';

const image = { x: floats(['batch', 4, 3, 2]), mean: floats([2]), variance: floats([2], 0.5, 2) };
const NO_SCALE = 'tfjs throws where there is no scale';

const channels = { x: floats(['batch', 2, 3, 6]) };
const lrn = (x: tf.Tensor4D, radius: number) => tf.localResponseNormalization(x, radius, 1.5, 0.7, 0.6);

export const normalizations: Examples = {
  FusedBatchNorm: [
    line(image, ({ x, mean, variance }) => tf.batchNorm(x, mean as never, variance as never), {
      within: 2e-6,
      gradient: NO_SCALE,
    }),
    line(
      { ...image, offset: floats([2]), scale: floats([2]) },
      ({ x, mean, variance, offset, scale }) =>
        tf.batchNorm(x, mean as never, variance as never, offset as never, scale as never, 0.01),
      { within: 2e-6 },
    ),
    line(
      { x: floats(['batch', 3]), mean: floats([3]), variance: floats([3], 0.5, 2), offset: floats([3]) },
      ({ x, mean, variance, offset }) =>
        tf.batchNorm2d(x as never, mean as never, variance as never, offset as never),
      { within: 2e-6, gradient: NO_SCALE },
    ),
  ],
  LRN: [0, 1, 9].map((radius) => line(channels, ({ x }) => lrn(x, radius))),
  LRNGrad: [0, 2].map((radius) =>
    line(channels, ({ x }) => tf.grad((x) => tf.sum(tf.square(lrn(x as tf.Tensor4D, radius))))(x), {
      within: 2e-6,
      gradient: 'tfjs has no gradient of a gradient',
    }),
  ),
};
