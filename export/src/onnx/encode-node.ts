import type { Attribute, DataType, Node } from '../graph/graph.js';
import type { Sizes } from '../graph/sizes.js';
import { isFixed } from '../graph/sizes.js';
import { DATA_TYPE } from './schema.js';

/** Gives integer and float operands a name in the file, as initializers or as nodes that work them out. */
export interface Operands {
  /** The version of ONNX's operators that is written. */
  readonly opset: number;
  /** An int64 vector that may follow the batch. */
  sizes(sizes: Sizes): string;
  ints(values: readonly number[]): string;
  floats(values: readonly number[]): string;
  scalar(value: number, dtype: DataType): string;
  /** A rank-0 value that follows the batch, of the node's own type. */
  size(node: Node): string;
}

export interface EncodedNode {
  readonly op: string;
  /** Operands that follow the node's inputs; '' leaves an optional one out. */
  readonly operands: readonly string[];
  readonly attrs: Readonly<Record<string, Attribute>>;
  /** Where an optional operand between the node's inputs is left out. */
  readonly omitted?: number;
}

/** ONNX clamps an end to its axis. */
const INFINITE = Number.MAX_SAFE_INTEGER;

type Encoder = (node: Node, operands: Operands) => EncodedNode;

/** Sums take their axes as an operand, and since opset 18 the other reductions do. */
const reduction: Encoder = ({ op, attrs }, operands) =>
  op === 'ReduceSum' || operands.opset >= 18
    ? {
        op,
        operands: [operands.ints(attrs['axes'] as readonly number[])],
        attrs: { keepdims: attrs['keepdims']! },
      }
    : { op, operands: [], attrs };

/** Average pools have had dilations since opset 19. */
const averagePool: Encoder = ({ op, attrs }, { opset }) => {
  if (opset >= 19) return { op, operands: [], attrs };
  const { dilations, ...rest } = attrs;
  if ((dilations as readonly number[] | undefined)?.some((d) => d !== 1))
    throw new Error(`An average pool with dilations needs opset 19 or newer, not ${opset}.`);
  return { op, operands: [], attrs: rest };
};

/** The states before the first step come after the lengths of the sequences, which are all whole. */
const recurrent: Encoder = ({ op, attrs, inputs }) => ({
  op,
  operands: [],
  attrs,
  ...(inputs.length > 4 && { omitted: 4 }),
});

const ENCODERS: Readonly<Record<string, Encoder>> = {
  Reshape: (node, operands) => ({
    op: 'Reshape',
    operands: [operands.sizes(inferable(node))],
    // A 0 is taken for the size that the operand has there, unless a size is 0.
    attrs: { allowzero: node.sizes['shape']!.some((s) => s.includes(0)) ? 1 : 0 },
  }),
  Transpose: ({ attrs }) => ({ op: 'Transpose', operands: [], attrs: { perm: attrs['perm']! } }),
  Expand: ({ sizes }, operands) => ({ op: 'Expand', operands: [operands.sizes(sizes['shape']!)], attrs: {} }),
  Tile: ({ sizes }, operands) => ({ op: 'Tile', operands: [operands.sizes(sizes['repeats']!)], attrs: {} }),
  Split: ({ sizes, attrs }, operands) => ({
    op: 'Split',
    operands: [operands.sizes(sizes['split']!)],
    attrs: { axis: attrs['axis']! },
  }),
  Pad: ({ sizes, attrs, output }, operands) => ({
    op: 'Pad',
    operands: [operands.sizes(sizes['pads']!), operands.scalar(attrs['value'] as number, output.dtype)],
    attrs: { mode: attrs['mode']! },
  }),
  Slice: encodeSlice,
  ReduceSum: reduction,
  ReduceMean: reduction,
  ReduceMax: reduction,
  ReduceMin: reduction,
  ReduceProd: reduction,
  AveragePool: averagePool,
  LSTM: recurrent,
  GRU: recurrent,
  Cast: ({ attrs }) => ({
    op: 'Cast',
    operands: [],
    attrs: { to: DATA_TYPE[attrs['to'] as keyof typeof DATA_TYPE] },
  }),
  Resize: ({ attrs: { scales, ...attrs }, sizes }, operands) => ({
    op: 'Resize',
    operands: scales
      ? ['', operands.floats(scales as readonly number[])]
      : ['', '', operands.sizes(sizes['sizes']!)],
    attrs,
  }),
  TopK: ({ sizes, attrs }, operands) => ({ op: 'TopK', operands: [operands.sizes(sizes['k']!)], attrs }),
  Size: (node, operands) => ({ op: 'Identity', operands: [operands.size(node)], attrs: {} }),
};

/** Operators that are younger than the oldest opset: each is of the same form from then on. */
const SINCE: Readonly<Record<string, number>> = { BitwiseAnd: 18 };

/** @throws Error naming the least opset, where the node's operator is not in the one that is written */
export function encodeNode(node: Node, operands: Operands): EncodedNode {
  const { op, source, attrs } = node;
  const since = SINCE[op] ?? 0;
  if (operands.opset < since)
    throw new Error(`${source?.kernel ?? op} needs opset ${since} or newer, not ${operands.opset}.`);
  return ENCODERS[op]?.(node, operands) ?? { op, operands: [], attrs };
}

/**
 * One dimension of a reshape that follows the batch is left to be inferred, and several are taken over where the operand has
 * them in the same places, which is 0: neither needs arithmetic in the graph. Not both at once: ONNX Runtime infers nothing
 * beside the size of an empty batch.
 */
function inferable({ inputs, sizes }: Node): Sizes {
  const shape = sizes['shape']!;
  const from = inputs[0]!.shapes;
  const following = shape[0]!.map((_, i) => i).filter((i) => !isFixed(shape.map((s) => [s[i]!])));
  if (following.length === 0 || shape.some((s) => s.includes(0))) return shape;
  if (following.length === 1) return shape.map((s) => s.map((d, i) => (i === following[0] ? -1 : d)));
  const inPlace = following.every((i) => shape.every((s, w) => s[i] === from[w]![i]));
  return inPlace ? shape.map((s) => s.map((d, i) => (following.includes(i) ? 0 : d))) : shape;
}

/** Only the axes that the slice cuts; an end at the end of its axis is written as infinity. */
function encodeSlice({ inputs, sizes, attrs }: Node, operands: Operands): EncodedNode {
  const shapes = inputs[0]!.shapes;
  const starts = sizes['starts']!;
  const ends = sizes['ends']!;
  const steps = attrs['steps'] as readonly number[];
  const toTheEnd = (axis: number) => steps[axis]! > 0 && shapes.every((s, w) => ends[w]![axis] === s[axis]);
  const whole = (axis: number) => steps[axis] === 1 && toTheEnd(axis) && starts.every((s) => s[axis] === 0);
  const axes = steps.map((_, axis) => axis).filter((axis) => !whole(axis));
  const pick = (list: Sizes) => list.map((s) => axes.map((axis) => s[axis]!));
  const open = (axis: number) =>
    toTheEnd(axis) ? INFINITE : steps[axis]! < 0 && ends.every((e) => e[axis] === -1) ? -INFINITE : undefined;
  return {
    op: 'Slice',
    operands: [
      operands.sizes(pick(starts)),
      operands.sizes(ends.map((e) => axes.map((axis) => open(axis) ?? e[axis]!))),
      operands.ints(axes),
      operands.ints(axes.map((axis) => steps[axis]!)),
    ],
    attrs: {},
  };
}
