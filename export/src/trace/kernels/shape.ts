import { backend_util, util } from '@tensorflow/tfjs-core';
import type {
  BroadCastToAttrs,
  ConcatAttrs,
  ExpandDimsAttrs,
  PackAttrs,
  ReshapeAttrs,
  ReverseAttrs,
  SplitVAttrs,
  TileAttrs,
  TransposeAttrs,
  UnpackAttrs,
} from '@tensorflow/tfjs-core';
import type { Value } from '../../graph/graph.js';
import * as g from '../../graph/ops.js';
import { broadcastShapes, product, sameInts } from '../../graph/sizes.js';
import { normalAxis } from './axis.js';
import { input, type Rules } from './rule.js';

const describe = ({ dtype, shape }: Value) => `${dtype} [${shape.join(', ')}]`;

const unpack = (x: Value, axis: number): Value[] => {
  const count = x.shape[axis]!;
  return g
    .split(x, [new Array<number>(count).fill(1)], axis)
    .map((part) => g.reshape(part, [x.shape.filter((_, i) => i !== axis)]));
};

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
};
