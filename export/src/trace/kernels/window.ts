import type { backend_util } from '@tensorflow/tfjs-core';
import type { Window } from '../../graph/operators.js';

/** A window along one axis, as tfjs worked it out. */
interface Axis {
  readonly size: number;
  readonly kernel: number;
  readonly stride: number;
  readonly dilation: number;
  /** The padding before the first element. */
  readonly before: number;
  readonly positions: number;
}

type ImageInfo = Pick<
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

/** The two axes of images. */
export const imageAxes = (info: ImageInfo): Axis[] => [
  {
    size: info.inHeight,
    kernel: info.filterHeight,
    stride: info.strideHeight,
    dilation: info.dilationHeight,
    before: info.padInfo.top,
    positions: info.outHeight,
  },
  {
    size: info.inWidth,
    kernel: info.filterWidth,
    stride: info.strideWidth,
    dilation: info.dilationWidth,
    before: info.padInfo.left,
    positions: info.outWidth,
  },
];

/** The three axes of volumes. */
export const volumeAxes = (info: backend_util.Conv3DInfo): Axis[] => [
  {
    size: info.inDepth,
    kernel: info.filterDepth,
    stride: info.strideDepth,
    dilation: info.dilationDepth,
    before: info.padInfo.front,
    positions: info.outDepth,
  },
  ...imageAxes(info),
];

/**
 * What tfjs worked out for a window, as an ONNX window. ONNX rounds the number of positions down; where tfjs has more
 * of them (dimRoundingMode 'ceil'), the padding at the end grows until they fit.
 *
 * @param positions the size of the output, where tfjs's own may have lost the rounding mode
 */
export function onnxWindow(axes: readonly Axis[], group: number, positions?: readonly number[]): Window {
  const after = axes.map((axis, i) => paddingAfter(axis, positions?.[i] ?? axis.positions));
  return {
    kernel: axes.map(({ kernel }) => kernel),
    strides: axes.map(({ stride }) => stride),
    pads: [...axes.map(({ before }) => before), ...after],
    dilations: axes.map(({ dilation }) => dilation),
    group,
  };
}

function paddingAfter({ size, kernel, stride, dilation, before }: Axis, positions: number): number {
  const extent = dilation * (kernel - 1) + 1;
  const after = Math.max(0, (positions - 1) * stride + extent - size - before);
  if (Math.floor((size + before + after - extent) / stride) + 1 !== positions) {
    throw new Error(
      `A window of ${kernel} with stride ${stride} has more than the ${positions} positions that tfjs gives it, as it takes ` +
        'the height for the width where the padding is a number: pad with a list, or use a square window.',
    );
  }
  return after;
}
