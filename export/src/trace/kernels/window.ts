import type { backend_util } from '@tensorflow/tfjs-core';
import type { Window } from '../../graph/operators.js';

type WindowInfo = Pick<
  backend_util.Conv2DInfo,
  | 'padInfo'
  | 'inHeight'
  | 'inWidth'
  | 'outHeight'
  | 'outWidth'
  | 'filterHeight'
  | 'filterWidth'
  | 'strideHeight'
  | 'strideWidth'
  | 'dilationHeight'
  | 'dilationWidth'
>;

/**
 * What tfjs worked out for a window, as an ONNX window. ONNX rounds the number of positions down; where tfjs has more
 * of them (dimRoundingMode 'ceil'), the padding at the end grows until they fit.
 *
 * @param positions height and width of the output, where tfjs's own may have lost the rounding mode
 */
export function onnxWindow(info: WindowInfo, group: number, positions?: readonly number[]): Window {
  const { top, left } = info.padInfo;
  const [height, width] = positions ?? [info.outHeight, info.outWidth];
  const axis = (
    size: number,
    kernel: number,
    stride: number,
    dilation: number,
    before: number,
    out: number,
  ) => {
    const extent = dilation * (kernel - 1) + 1;
    const after = Math.max(0, (out - 1) * stride + extent - size - before);
    if (Math.floor((size + before + after - extent) / stride) + 1 !== out) {
      throw new Error(
        `A window of ${kernel} with stride ${stride} has more than the ${out} positions that tfjs gives it, as it takes ` +
          'the height for the width where the padding is a number: pad with a list, or use a square window.',
      );
    }
    return after;
  };
  const bottom = axis(info.inHeight, info.filterHeight, info.strideHeight, info.dilationHeight, top, height!);
  const right = axis(info.inWidth, info.filterWidth, info.strideWidth, info.dilationWidth, left, width!);
  return {
    kernel: [info.filterHeight, info.filterWidth],
    strides: [info.strideHeight, info.strideWidth],
    pads: [top, left, bottom, right],
    dilations: [info.dilationHeight, info.dilationWidth],
    group,
  };
}
