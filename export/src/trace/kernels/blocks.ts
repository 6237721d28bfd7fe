import { backend_util } from '@tensorflow/tfjs-core';
import type { BatchToSpaceNDAttrs, DepthToSpaceAttrs, SpaceToBatchNDAttrs } from '@tensorflow/tfjs-core';
import * as g from '../../graph/ops.js';
import { product } from '../../graph/sizes.js';
import { input, type Rules } from './rule.js';
import { padsOf } from './slice-and-pad.js';

/** Blocks of pixels that become channels or images, and the other way round. */
export const blocks: Rules = {
  DepthToSpace: (inputs, { blockSize: b, dataFormat }: DepthToSpaceAttrs) => {
    const x = input(inputs, 'x');
    if (dataFormat !== 'NHWC') throw new Error(`DepthToSpace in ${dataFormat} cannot be traced: use NHWC.`);
    const [n, h, w, c] = x.shape as [number, number, number, number];
    const blocks = g.transpose(g.reshape(x, [[n, h, w, b, b, c / (b * b)]]), [0, 1, 3, 2, 4, 5]);
    return g.reshape(blocks, [[n, h * b, w * b, c / (b * b)]]);
  },
  BatchToSpaceND: (inputs, { blockShape, crops }: BatchToSpaceNDAttrs) => {
    const x = input(inputs, 'x');
    const blocks = product(blockShape);
    const reshaped = backend_util.getReshaped([...x.shape], blockShape, blocks);
    const perm = backend_util.getPermuted(reshaped.length, blockShape.length);
    const full = backend_util.getReshapedPermuted([...x.shape], blockShape, blocks);
    // tfjs names the axes up to the last block; the rest stay whole.
    const starts = backend_util.getSliceBeginCoords(crops, blockShape.length);
    const sizes = backend_util.getSliceSize(full, crops, blockShape.length);
    const y = g.reshape(g.transpose(g.reshape(x, [reshaped]), perm), [full]);
    return g.slice(
      y,
      [full.map((_, i) => starts[i] ?? 0)],
      [full.map((d, i) => (starts[i] ?? 0) + (sizes[i] ?? d))],
    );
  },
  SpaceToBatchND: (inputs, { blockShape, paddings }: SpaceToBatchNDAttrs) => {
    const x = input(inputs, 'x');
    const rest = x.rank - 1 - blockShape.length;
    const pads = padsOf([
      [0, 0],
      ...(paddings as [number, number][]),
      ...new Array<[number, number]>(rest).fill([0, 0]),
    ]);
    const padded = g.pad(x, pads);
    const blocks = product(blockShape);
    const reshaped = backend_util.getReshaped([...padded.shape], blockShape, blocks, false);
    const perm = backend_util.getPermuted(reshaped.length, blockShape.length, false);
    const final = backend_util.getReshapedPermuted([...padded.shape], blockShape, blocks, false);
    return g.reshape(g.transpose(g.reshape(padded, [reshaped]), perm), [final]);
  },
};
