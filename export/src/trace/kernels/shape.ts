import { backend_util, slice_util, util } from '@tensorflow/tfjs-core';
import type {
  BatchToSpaceNDAttrs,
  BroadCastToAttrs,
  ConcatAttrs,
  DepthToSpaceAttrs,
  ExpandDimsAttrs,
  FillAttrs,
  GatherV2Attrs,
  LinSpaceAttrs,
  MirrorPadAttrs,
  OneHotAttrs,
  PackAttrs,
  PadV2Attrs,
  RangeAttrs,
  ReshapeAttrs,
  ReverseAttrs,
  SliceAttrs,
  SpaceToBatchNDAttrs,
  SplitVAttrs,
  StridedSliceAttrs,
  TileAttrs,
  TransposeAttrs,
  UnpackAttrs,
  UnsortedSegmentSumAttrs,
} from '@tensorflow/tfjs-core';
import type { Value } from '../../graph/graph.js';
import * as g from '../../graph/ops.js';
import { segmentSum } from '../../graph/operators.js';
import { broadcastShapes, product, sameInts } from '../../graph/sizes.js';
import { dataTypeOf } from '../data-type.js';
import { input, type Rules } from './rule.js';

const normalAxis = (axis: number, rank: number) => (axis < 0 ? axis + rank : axis);

const padsOf = (paddings: readonly (readonly [number, number])[]) => [
  [...paddings.map(([before]) => before), ...paddings.map(([, after]) => after)],
];

/** A tensor of one value. Filled from a scalar, so that no size is baked into a constant. */
const filled = (dtype: 'float32' | 'int32' | 'bool', shape: readonly number[], value: number): Value =>
  g.expand(g.constant(dtype, [], [value]), [shape]);

const describe = ({ dtype, shape }: Value) => `${dtype} [${shape.join(', ')}]`;

const unpack = (x: Value, axis: number): Value[] => {
  const count = x.shape[axis]!;
  return g
    .split(x, [new Array<number>(count).fill(1)], axis)
    .map((part) => g.reshape(part, [x.shape.filter((_, i) => i !== axis)]));
};

/** A gather of which each of the batches along the first axes has its own indices. */
function gatherInBatch(x: Value, indices: Value, axis: number, batchDims: number): Value {
  const info = backend_util.segment_util.collectGatherOpShapeInfo(
    { shape: [...x.shape], rank: x.rank } as never,
    { shape: [...indices.shape], rank: indices.rank } as never,
    axis,
    batchDims,
  );
  const { batchSize: batch, outerSize: outer, dimSize: dim, sliceSize: size, outputShape } = info;
  const count = product(indices.shape) / batch;
  // Rows that are gathered whole: what lies before the axis has to come behind it.
  const rows = g.transpose(g.reshape(x, [[batch, outer, dim, size]]), [0, 2, 1, 3]);
  const places = g.cast(g.reshape(indices, [[batch, count, 1]]), 'int64');
  const gathered = g.emit(
    'GatherND',
    [rows, places],
    { dtype: x.dtype, shapes: [[batch, count, outer, size]] },
    { batch_dims: 1 },
  );
  return g.reshape(g.transpose(gathered, [0, 2, 1, 3]), [outputShape]);
}

/** The numbers of a range; as in tfjs, a step of 1 towards a lower end counts down. */
function rangeOf(start: number, stop: number, step: number): number[] {
  const by = stop < start && step === 1 ? -1 : step;
  const count = Math.max(0, Math.ceil((stop - start) / by));
  return Array.from({ length: count }, (_, i) => start + i * by);
}

/** The shape that two shapes, held as tensors, broadcast to; known now where both are. */
function broadcastArgs(a: Value, b: Value): Value {
  if (a.data && b.data) {
    const shape = broadcastShapes(Array.from(a.data, Number), Array.from(b.data, Number));
    return g.constant('int32', [shape.length], shape);
  }
  const rank = Math.max(a.shape[0]!, b.shape[0]!);
  const [p, q] = [a, b].map((v) => g.pad(v, [[rank - v.shape[0]!, 0]], 1)) as [Value, Value];
  return g.where(g.compare('Equal', p, g.scalar(1, p)), q, p);
}

export const shapes: Rules = {
  Reshape: (inputs, { shape }: ReshapeAttrs) => {
    const x = input(inputs, 'x');
    return g.reshape(x, [util.inferFromImplicitShape(shape, product(x.shape))]);
  },
  ExpandDims: (inputs, { dim }: ExpandDimsAttrs) => {
    const x = input(inputs, 'input');
    if (dim < -x.rank - 1 || dim > x.rank)
      throw new Error(`expandDims of axis ${dim}; expected one from ${-x.rank - 1} to ${x.rank}.`);
    const shape = [...x.shape];
    shape.splice(dim < 0 ? dim + x.rank + 1 : dim, 0, 1);
    return g.reshape(x, [shape]);
  },
  Transpose: (inputs, { perm }: TransposeAttrs) => g.transpose(input(inputs, 'x'), perm),
  Concat: (inputs, { axis }: ConcatAttrs) => {
    const values = Object.values(inputs);
    const at = normalAxis(axis, values[0]!.rank);
    backend_util.assertParamsConsistent(
      values.map(({ shape }) => [...shape]),
      at,
    );
    const parts = values.filter((v) => product(v.shape) > 0);
    return g.concat(parts.length === 0 ? values : parts, at);
  },
  SplitV: (inputs, { numOrSizeSplits, axis }: SplitVAttrs) => {
    const x = input(inputs, 'x');
    const at = normalAxis(axis, x.rank);
    const parts = backend_util.prepareSplitSize({ shape: [...x.shape] } as never, numOrSizeSplits, at);
    return g.split(x, [parts], at);
  },
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
  Tile: (inputs, { reps }: TileAttrs) => g.tile(input(inputs, 'x'), [reps]),
  BroadcastTo: (inputs, { shape }: BroadCastToAttrs) => g.expand(input(inputs, 'x'), [shape]),
  BroadcastArgs: (inputs) => broadcastArgs(input(inputs, 's0'), input(inputs, 's1')),
  // Row i of n is x_i behind i zeros: of n columns and one more, read one after the other, the x_i stand n + 1 apart.
  Diag: (inputs) => {
    const x = input(inputs, 'x');
    const n = product(x.shape);
    const numbers = x.dtype === 'bool' ? g.cast(x, 'int32') : x;
    const rows = g.reshape(g.pad(g.reshape(numbers, [[n, 1]]), [[0, 0, 0, n]]), [[n * (n + 1)]]);
    return g.cast(g.reshape(g.slice(rows, [[0]], [[n * n]]), [[...x.shape, ...x.shape]]), x.dtype);
  },
  Pack: (inputs, { axis }: PackAttrs) => {
    const values = Object.values(inputs);
    const [first] = values as [Value];
    const other = values.find((v) => v.dtype !== first.dtype || !sameInts(v.shape, first.shape));
    if (other)
      throw new Error(
        `A stack of ${describe(first)} and ${describe(other)}; expected tensors that are alike.`,
      );
    const at = normalAxis(axis, first.rank + 1);
    return g.concat(
      values.map((v) => g.reshape(v, [[...v.shape.slice(0, at), 1, ...v.shape.slice(at)]])),
      at,
    );
  },
  Unpack: (inputs, { axis }: UnpackAttrs) => {
    const x = input(inputs, 'value');
    return unpack(x, normalAxis(axis, x.rank));
  },
  Reverse: (inputs, { dims }: ReverseAttrs) => {
    const x = input(inputs, 'x');
    return g.reverse(x, util.parseAxisParam(dims, [...x.shape]));
  },
  GatherV2: (inputs, { axis, batchDims }: GatherV2Attrs) => {
    const x = input(inputs, 'x');
    const indices = input(inputs, 'indices');
    const at = normalAxis(axis, x.rank);
    const outside = Array.from(indices.data ?? [], Number).find((i) => i < 0 || i >= x.shape[at]!);
    if (outside !== undefined)
      throw new Error(`GatherV2: the index value ${outside} is not in [0, ${x.shape[at]! - 1}].`);
    return batchDims ? gatherInBatch(x, indices, at, batchDims) : g.gather(x, indices, at);
  },
  UnsortedSegmentSum: (inputs, { numSegments }: UnsortedSegmentSumAttrs) =>
    segmentSum(g.cast(input(inputs, 'x'), 'float32'), input(inputs, 'segmentIds'), numSegments),
  Fill: (_, { shape, value, dtype }: FillAttrs) =>
    filled(dataTypeOf(dtype) as 'float32', shape, value as number),
  ZerosLike: (inputs) => filled(input(inputs, 'x').dtype as 'float32', input(inputs, 'x').shape, 0),
  OnesLike: (inputs) => filled(input(inputs, 'x').dtype as 'float32', input(inputs, 'x').shape, 1),
  Range: (_, { start, stop, step, dtype }: RangeAttrs) => {
    const numbers = rangeOf(start, stop, step);
    return g.constant(dataTypeOf(dtype ?? 'float32'), [numbers.length], numbers);
  },
  LinSpace: (_, { start, stop, num }: LinSpaceAttrs) => {
    const step = num > 1 ? (stop - start) / (num - 1) : 0;
    return g.constant(
      'float32',
      [num],
      Array.from({ length: num }, (_x, i) => start + i * step),
    );
  },
  OneHot: (inputs, { dtype, depth, onValue, offValue }: OneHotAttrs) => {
    // Not ONNX's OneHot, which crashes the WebGPU provider: a comparison with 0 .. depth - 1.
    const indices = input(inputs, 'indices');
    const type = dataTypeOf(dtype ?? 'int32');
    const classes = g.constant(
      'int32',
      [depth],
      Array.from({ length: depth }, (_, i) => i),
    );
    const hit = g.compare('Equal', g.reshape(indices, [[...indices.shape, 1]]), classes);
    return g.where(hit, g.constant(type, [], [onValue]), g.constant(type, [], [offValue]));
  },
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
