import * as tf from '@tensorflow/tfjs';
import { ofEachType, one, type Examples } from '../example.js';
import { floats, ints } from '../parity.js';

const x = floats(['batch', 3, 4]);
const whole = ints(['batch', 3, 4], 9, -9);
const NONE = { gradient: 'tfjs has no gradient' };

const strided = (...args: [number[], number[], number[], ...number[]]) =>
  one((x) => tf.stridedSlice(x, ...args), x, NONE);

export const slicesAndPads: Examples = {
  Slice: [
    ...ofEachType((x) => tf.slice(x, [0, 1, 1], [-1, 1, 2])),
    one((x) => tf.slice(x, [0, 0, 2])),
    one((x) => tf.slice(x, 0, 1)),
    // Ends that follow the batch.
    one((x) => tf.slice(x, [0, 1, 0], [x.shape[0] - 1, 2, 4]), floats(['batch', 3, 4]), {
      batches: [2, 3, 17],
    }),
    one((x) => tf.slice(x, [x.shape[0] - 1, 0, 0], [1, 3, 4])),
  ],
  StridedSlice: [
    strided([0, 0, 0], [1, 3, 4], [1, 1, 1]),
    strided([0, 0, 1], [1, 3, 4], [1, 2, 2]),
    strided([0, -1, 3], [1, -4, 0], [1, -1, -2]),
    // The same with masks: begin, end, ellipsis, new axis, shrink.
    strided([0, 0, 0], [0, 0, 0], [1, 1, 2], 0b111, 0b111),
    strided([0, 2, 0], [0, 0, 0], [1, -1, 1], 0b101, 0b111),
    strided([0, 1], [0, 3], [1, 2], 0, 0, 0b01),
    strided([0, 0, 1], [0, 0, 2], [1, 1, 1], 0b011, 0b011, 0, 0, 0b100),
    strided([0, 0, 0], [0, 0, 3], [1, 1, 1], 0b001, 0b001, 0, 0b010),
    // Backwards along one axis while the end of another follows the batch.
    one((x) => tf.stridedSlice(x, [0, 2, 0], [x.shape[0] - 1, -4, 4], [1, -1, 1]), x, {
      ...NONE,
      batches: [2, 3, 17],
    }),
  ],
  PadV2: [
    one((x) => tf.pad(x, [[0, 0], [1, 2], [0, 3]])),
    one((x) => tf.pad(x, [[1, 2], [0, 0], [0, 0]], -1.5)),
    one((x) => tf.pad(x, [[0, 0], [0, 1], [1, 0]], 7), whole),
    one((x) => tf.pad(x, [[0, 0], [0, 1], [1, 0]], -Infinity), x, NONE),
    one((x) => tf.maximum(tf.pad(x, [[0, 0], [0, 1], [1, 0]], -Infinity), tf.pad(x, [[0, 0], [0, 1], [1, 0]], Infinity)), x, NONE),
  ], // prettier-ignore
  MirrorPad: [
    one((x) => tf.mirrorPad(x, [[0, 0], [1, 2], [3, 0]], 'reflect'), x, NONE),
    one((x) => tf.mirrorPad(x, [[0, 0], [3, 2], [1, 4]], 'symmetric'), x, NONE),
    one((x) => tf.mirrorPad(x, [[0, 0], [0, 2], [3, 3]], 'reflect'), whole),
    one((x) => tf.mirrorPad(x, [[0, 0], [0, 2], [3, 3]], 'symmetric'), whole),
  ], // prettier-ignore
};
