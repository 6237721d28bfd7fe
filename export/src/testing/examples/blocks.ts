import * as tf from '@tensorflow/tfjs';
import { one, type Examples } from '../example.js';
import { floats } from '../parity.js';

const x = floats(['batch', 3, 4]);
const image = floats(['batch', 4, 6, 2]);
const NONE = { gradient: 'tfjs has no gradient' };

export const blocks: Examples = {
  DepthToSpace: [
    one((x) => tf.depthToSpace(x, 2), floats(['batch', 3, 2, 12]), NONE),
    one((x) => tf.depthToSpace(x, 3), floats(['batch', 2, 1, 9]), NONE),
  ],
  BatchToSpaceND: [
    one((x) => tf.batchToSpaceND(x, [2, 2], [[0, 0], [0, 0]]), floats([4, 3, 2, 'batch'])),
    one((x) => tf.batchToSpaceND(x, [2, 3], [[1, 1], [2, 0]]), floats([6, 3, 2, 'batch'])),
    one((x) => tf.batchToSpaceND(tf.concat([x, x], 0), [2], [[0, 1]]), x),
  ], // prettier-ignore
  SpaceToBatchND: [
    one((x) => tf.spaceToBatchND(x, [2, 3], [[0, 0], [0, 0]]), image),
    one((x) => tf.spaceToBatchND(x, [2, 2], [[1, 1], [2, 0]]), image),
    one((x) => tf.spaceToBatchND(x, [2], [[1, 0]]), x),
  ], // prettier-ignore
};
