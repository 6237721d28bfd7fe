import { slice_util } from '@tensorflow/tfjs-core';
import type { MirrorPadAttrs, PadV2Attrs, SliceAttrs, StridedSliceAttrs } from '@tensorflow/tfjs-core';
import * as g from '../../graph/ops.js';
import { input, type Rules } from './rule.js';

/** The widths that tfjs has axis by axis as ONNX has them: those before each axis, then those after. */
export const padsOf = (paddings: readonly (readonly [number, number])[]) => [
  [...paddings.map(([before]) => before), ...paddings.map(([, after]) => after)],
];

export const slicesAndPads: Rules = {
  Slice: (inputs, { begin, size }: SliceAttrs) => {
    const x = input(inputs, 'x');
    const [starts, sizes] = slice_util.parseSliceParams(
      { shape: [...x.shape], rank: x.rank } as never,
      begin,
      size,
    );
    slice_util.assertParamsValid({ shape: [...x.shape], rank: x.rank } as never, starts!, sizes!);
    return g.slice(x, [starts!], [starts!.map((s, i) => s + sizes![i]!)]);
  },
  StridedSlice: (inputs, attrs: StridedSliceAttrs) => {
    const x = input(inputs, 'x');
    const { begin, end, strides, beginMask, endMask, ellipsisMask, newAxisMask, shrinkAxisMask } = attrs;
    const info = slice_util.sliceInfo(
      [...x.shape],
      begin,
      end,
      strides,
      beginMask,
      endMask,
      ellipsisMask,
      newAxisMask,
      shrinkAxisMask,
    );
    return g.reshape(g.slice(x, [info.begin], [info.end], info.strides), [info.finalShape]);
  },
  PadV2: (inputs, { paddings, constantValue }: PadV2Attrs) =>
    g.pad(input(inputs, 'x'), padsOf(paddings), constantValue),
  MirrorPad: (inputs, { paddings, mode }: MirrorPadAttrs) => {
    if (mode === 'reflect') return g.pad(input(inputs, 'x'), padsOf(paddings), 0, 'reflect');
    // Symmetric: the edge itself is mirrored too, which ONNX's Pad has no mode for.
    return paddings.reduce(
      (x, [before, after], axis) => {
        const part = (start: number, end: number) =>
          g.reverse(
            g.slice(
              x,
              [x.shape.map((_, i) => (i === axis ? start : 0))],
              [x.shape.map((d, i) => (i === axis ? end : d))],
            ),
            [axis],
          );
        const length = x.shape[axis]!;
        return g.concat(
          [...(before ? [part(0, before)] : []), x, ...(after ? [part(length - after, length)] : [])],
          axis,
        );
      },
      input(inputs, 'x'),
    );
  },
};
