import * as tf from '@tensorflow/tfjs';
import { line, type Line, type Examples } from '../example.js';
import { floats } from '../parity.js';

type Pair = [number, number];

interface Setting {
  readonly size: Pair;
  readonly kernel: Pair;
  readonly strides: number | Pair;
  readonly pad: 'same' | 'valid' | number;
  readonly dilations?: Pair;
}

const SETTINGS: readonly Setting[] = [
  { size: [5, 6], kernel: [3, 3], strides: 1, pad: 'same' },
  { size: [5, 6], kernel: [2, 3], strides: 1, pad: 'valid' },
  { size: [7, 5], kernel: [1, 1], strides: 2, pad: 'valid' },
  { size: [7, 6], kernel: [3, 2], strides: [2, 3], pad: 'same' },
  { size: [8, 7], kernel: [3, 2], strides: 1, pad: 'same', dilations: [2, 3] },
  { size: [9, 8], kernel: [2, 2], strides: 2, pad: 'valid', dilations: [3, 2] },
  { size: [4, 4], kernel: [3, 3], strides: 1, pad: 1 },
];

const dilate = (x: tf.Tensor, filter: tf.Tensor, { strides, pad, dilations }: Setting) =>
  tf.dilation2d(x as tf.Tensor4D, filter as tf.Tensor3D, strides, pad as 'same', dilations);

const lines = (fn: (x: tf.Tensor, filter: tf.Tensor, setting: Setting) => tf.Tensor, gradient?: string) =>
  SETTINGS.map((setting): Line =>
    line(
      { x: floats(['batch', ...setting.size, 3]), filter: floats([...setting.kernel, 3]) },
      ({ x, filter }) => fn(x, filter, setting),
      { ...(gradient !== undefined && { gradient }) },
    ),
  );

/** By x and by the filter, of a dy that no two elements share. */
const gradient = (which: 0 | 1) => (x: tf.Tensor, filter: tf.Tensor, setting: Setting) =>
  tf.grads((x, filter) => tf.sum(tf.square(dilate(x!, filter!, setting))))([x, filter])[which]!;

const NO_SECOND = 'tfjs has no gradient of a gradient here';

export const dilations: Examples = {
  Dilation2D: [
    ...lines(dilate),
    // One image, without a batch; many zeros, so that several taps are the largest: the first counts.
    line({ x: floats([6, 5, 2]), filter: floats([3, 3, 2]) }, ({ x, filter }) =>
      tf.dilation2d(x, filter as never, 1, 'same'),
    ),
    line({ x: floats(['batch', 6, 5, 2]), filter: floats([3, 3, 2]) }, ({ x, filter }) =>
      tf.dilation2d(tf.relu(x), tf.relu(tf.sub(filter, 1.5)) as never, 1, 'same'),
    ),
  ],
  Dilation2DBackpropInput: lines(gradient(0), NO_SECOND),
  Dilation2DBackpropFilter: lines(gradient(1), NO_SECOND),
};
