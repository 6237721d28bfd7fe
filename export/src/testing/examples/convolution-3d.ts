import * as tf from '@tensorflow/tfjs';
import { line, type Line, type Examples } from '../example.js';
import { floats } from '../parity.js';

type Three = [number, number, number];

interface Setting {
  readonly size: Three;
  readonly kernel: Three;
  readonly strides: number | Three;
  readonly pad: 'same' | 'valid';
}

/** Of one tap, larger than the volume is long, with steps that fit and that do not, unlike along each axis. */
const SETTINGS: readonly Setting[] = [
  { size: [4, 5, 6], kernel: [3, 3, 3], strides: 1, pad: 'same' },
  { size: [4, 5, 6], kernel: [1, 2, 3], strides: 1, pad: 'valid' },
  { size: [4, 4, 4], kernel: [1, 1, 1], strides: 1, pad: 'valid' },
  { size: [6, 7, 5], kernel: [3, 2, 3], strides: 2, pad: 'same' },
  { size: [7, 6, 5], kernel: [2, 3, 1], strides: [3, 2, 1], pad: 'valid' },
  { size: [3, 4, 2], kernel: [5, 3, 3], strides: [1, 2, 1], pad: 'same' },
];

const conv = (x: tf.Tensor, w: tf.Tensor, { strides, pad }: Setting, dilations: number | Three = 1) =>
  tf.conv3d(x as tf.Tensor5D, w as tf.Tensor5D, strides, pad, 'NDHWC', dilations as Three);

const lines = (fn: (x: tf.Tensor, w: tf.Tensor, setting: Setting) => tf.Tensor, gradient?: string) =>
  SETTINGS.map((setting): Line =>
    line(
      { x: floats(['batch', ...setting.size, 2]), w: floats([...setting.kernel, 2, 3]) },
      ({ x, w }) => fn(x, w, setting),
      { ...(gradient !== undefined && { gradient }) },
    ),
  );

/** By x and by w, of a dy that no two elements share. */
const gradient = (which: 0 | 1) => (x: tf.Tensor, w: tf.Tensor, setting: Setting) =>
  tf.grads((x, w) => tf.sum(tf.square(conv(x!, w!, setting))))([x, w])[which]!;

const NO_SECOND = 'tfjs has no gradient of a gradient here';
const DILATED = 'tfjs has no gradient of a dilated one';

export const convolutions3d: Examples = {
  Conv3D: [
    ...lines(conv),
    ...(
      [
        [2, 1, 2],
        [1, 2, 3],
      ] as Three[]
    ).flatMap((dilations) =>
      (['same', 'valid'] as const).map((pad) =>
        line(
          { x: floats(['batch', 5, 6, 7, 2]), w: floats([2, 3, 2, 2, 3]) },
          ({ x, w }) => conv(x, w, { size: [5, 6, 7], kernel: [2, 3, 2], strides: 1, pad }, dilations),
          { gradient: DILATED },
        ),
      ),
    ),
    // One volume, without a batch.
    line({ x: floats([4, 4, 4, 2]), w: floats([2, 2, 2, 2, 1]) }, ({ x, w }) =>
      tf.conv3d(x, w as never, 1, 'valid'),
    ),
    // With a bias, which goes inside.
    line({ x: floats(['batch', 4, 4, 4, 2]), w: floats([2, 2, 2, 2, 3]), b: floats([3]) }, ({ x, w, b }) =>
      tf.relu(tf.add(tf.conv3d(x as never, w as never, 1, 'same'), b)),
    ),
  ],
  Conv3DBackpropInputV2: [
    ...lines(gradient(0), NO_SECOND),
    line(
      { x: floats(['batch', 2, 3, 2, 3]), w: floats([3, 2, 3, 2, 3]) },
      ({ x, w }) => tf.conv3dTranspose(x as never, w as never, [x.shape[0]!, 4, 6, 4, 2] as never, 2, 'same'),
      { gradient: NO_SECOND },
    ),
  ],
  Conv3DBackpropFilterV2: lines(gradient(1), NO_SECOND),
};
