/**
 * Makes the nodes of a graph: one function an operator, each working out the shapes of what it makes. Kernels, passes
 * and lowerings all build with these. The operators mean what ONNX says of the same name, except for those of
 * `operators.ts`.
 */
import { toHalf } from '../onnx/half.js';
import { Node, Value, type Attribute, type Data, type DataType, type Graph } from './graph.js';
import { broadcastShapes, isIdentityPermutation, permute, product, sameSizes } from './sizes.js';
import type { Sizes } from './sizes.js';
import type { Source } from './source.js';

let currentSource: Source | undefined;

/** Runs `make` with every node it makes labelled as coming from `source`. */
export function withSource<T>(source: Source | undefined, make: () => T): T {
  const outer = currentSource;
  currentSource = source;
  try {
    return make();
  } finally {
    currentSource = outer;
  }
}

let collecting: Set<Node> | undefined;

/** Runs `make` and gives the nodes that it makes, without those of a call within. */
export function collectNodes(make: () => void): ReadonlySet<Node> {
  const outer = collecting;
  const nodes = new Set<Node>();
  collecting = nodes;
  try {
    make();
  } finally {
    collecting = outer;
  }
  return nodes;
}

/** A node with one output. */
export function emit(
  op: string,
  inputs: readonly Value[],
  output: { dtype: DataType; shapes: Sizes },
  attrs: Record<string, Attribute> = {},
  sizes: Record<string, Sizes> = {},
): Value {
  return emitMany(op, inputs, [output], attrs, sizes)[0]!;
}

export function emitMany(
  op: string,
  inputs: readonly Value[],
  outputs: readonly { dtype: DataType; shapes: Sizes }[],
  attrs: Record<string, Attribute> = {},
  sizes: Record<string, Sizes> = {},
  bodies?: Readonly<Record<string, Graph>>,
): Value[] {
  const values = outputs.map(({ dtype, shapes }) => new Value(dtype, shapes));
  const node = new Node(op, [...inputs], values, attrs, sizes, currentSource, bodies);
  collecting?.add(node);
  return node.outputs;
}

export const repeat = <T>(item: T, witnesses: number): T[] => new Array<T>(witnesses).fill(item);

/** What holds the data of a constant of each type. */
export const ARRAYS = {
  float16: Uint16Array,
  float32: Float32Array,
  float64: Float64Array,
  int32: Int32Array,
  int64: BigInt64Array,
  bool: Uint8Array,
} as const;

export function constant(
  dtype: DataType,
  shape: readonly number[],
  values: Data | readonly number[],
  witnesses = 1,
): Value {
  const data = Array.isArray(values)
    ? dtype === 'int64'
      ? BigInt64Array.from((values as number[]).map(BigInt))
      : dtype === 'float16'
        ? Uint16Array.from(values as number[], toHalf)
        : ARRAYS[dtype].from(values as never)
    : (values as Data);
  if (data.length !== product(shape)) {
    throw new Error(`A constant of shape [${shape.join(', ')}] was given ${data.length} values.`);
  }
  return new Value(dtype, repeat(shape, witnesses), data as Data);
}

/** A rank-0 constant of the type of `like`, fit to stand beside it in an operator. */
export const scalar = (value: number, like: Value, dtype: DataType = like.dtype): Value =>
  constant(dtype, [], [value], like.shapes.length);

const elementwise = (
  op: string,
  inputs: readonly Value[],
  dtype: DataType,
  attrs?: Record<string, Attribute>,
): Value =>
  emit(
    op,
    inputs,
    {
      dtype,
      shapes: inputs[0]!.shapes.map((_, w) => inputs.map((v) => v.shapes[w]!).reduce(broadcastShapes)),
    },
    attrs,
  );

export const unary = (
  op: string,
  x: Value,
  attrs?: Record<string, Attribute>,
  dtype: DataType = x.dtype,
): Value => elementwise(op, [x], dtype, attrs);

export const binary = (op: string, a: Value, b: Value): Value => elementwise(op, [a, b], a.dtype);

export const compare = (op: string, a: Value, b: Value): Value => elementwise(op, [a, b], 'bool');

export const add = (a: Value, b: Value): Value => binary('Add', a, b);
export const sub = (a: Value, b: Value): Value => binary('Sub', a, b);
export const mul = (a: Value, b: Value): Value => binary('Mul', a, b);
export const div = (a: Value, b: Value): Value => binary('Div', a, b);
export const where = (condition: Value, a: Value, b: Value): Value =>
  elementwise('Where', [condition, a, b], a.dtype);

export const cast = (x: Value, dtype: DataType): Value =>
  x.dtype === dtype ? x : emit('Cast', [x], { dtype, shapes: x.shapes }, { to: dtype });

export const reshape = (x: Value, shapes: Sizes): Value =>
  sameSizes(x.shapes, shapes) ? x : emit('Reshape', [x], { dtype: x.dtype, shapes }, {}, { shape: shapes });

export const transpose = (x: Value, perm: readonly number[], attrs: Record<string, Attribute> = {}): Value =>
  isIdentityPermutation(perm)
    ? x
    : emit(
        'Transpose',
        [x],
        { dtype: x.dtype, shapes: x.shapes.map((s) => permute(s, perm)) },
        { perm: [...perm], ...attrs },
      );

export const expand = (x: Value, shapes: Sizes): Value =>
  sameSizes(x.shapes, shapes) ? x : emit('Expand', [x], { dtype: x.dtype, shapes }, {}, { shape: shapes });

export const tile = (x: Value, repeats: Sizes): Value =>
  emit(
    'Tile',
    [x],
    { dtype: x.dtype, shapes: x.shapes.map((s, w) => s.map((d, i) => d * repeats[w]![i]!)) },
    {},
    { repeats },
  );

/** `op` is one of ReduceSum, ReduceMean, ReduceMax, ReduceMin, ReduceProd. */
export const reduce = (op: string, x: Value, axes: readonly number[], keepDims: boolean): Value =>
  axes.length === 0
    ? x
    : emit(
        op,
        [x],
        {
          dtype: x.dtype,
          shapes: x.shapes.map((s) =>
            keepDims ? s.map((d, i) => (axes.includes(i) ? 1 : d)) : s.filter((_, i) => !axes.includes(i)),
          ),
        },
        { axes: [...axes], keepdims: keepDims ? 1 : 0 },
      );

/** `op` is ArgMax or ArgMin; int64, as ONNX has it. */
export const argReduce = (op: string, x: Value, axis: number): Value =>
  emit(
    op,
    [x],
    { dtype: 'int64', shapes: x.shapes.map((s) => s.filter((_, i) => i !== axis)) },
    { axis, keepdims: 0 },
  );

/** Batched product of the last two dimensions. */
export const matMul = (a: Value, b: Value): Value =>
  emit('MatMul', [a, b], {
    dtype: a.dtype,
    shapes: a.shapes.map((s, w) => {
      const t = b.shapes[w]!;
      if (s.at(-1) !== t.at(-2)) {
        throw new Error(`MatMul of [${s.join(', ')}] and [${t.join(', ')}]: inner dimensions differ.`);
      }
      return [...broadcastShapes(s.slice(0, -2), t.slice(0, -2)), s.at(-2)!, t.at(-1)!];
    }),
  });

export const concat = (values: readonly Value[], axis: number): Value =>
  values.length === 1
    ? values[0]!
    : emit(
        'Concat',
        values,
        {
          dtype: values[0]!.dtype,
          shapes: values[0]!.shapes.map((s, w) =>
            s.map((d, i) => (i === axis ? values.reduce((sum, v) => sum + v.shapes[w]![i]!, 0) : d)),
          ),
        },
        { axis },
      );

export const split = (x: Value, parts: Sizes, axis: number): Value[] =>
  emitMany(
    'Split',
    [x],
    parts[0]!.map((_, k) => ({
      dtype: x.dtype,
      shapes: x.shapes.map((s, w) => s.map((d, i) => (i === axis ? parts[w]![k]! : d))),
    })),
    { axis },
    { split: parts },
  );

/** `starts` and `ends` name every axis; a negative step runs from `starts` down to above `ends`, as in numpy. */
export function slice(
  x: Value,
  starts: Sizes,
  ends: Sizes,
  steps: readonly number[] = x.shape.map(() => 1),
): Value {
  const shapes = x.shapes.map((s, w) =>
    s.map((_, i) => Math.max(0, Math.ceil((ends[w]![i]! - starts[w]![i]!) / steps[i]!))),
  );
  if (sameSizes(shapes, x.shapes) && steps.every((step) => step === 1)) return x;
  return emit('Slice', [x], { dtype: x.dtype, shapes }, { steps: [...steps] }, { starts, ends });
}

/** Reverses the axes named. */
export const reverse = (x: Value, axes: readonly number[]): Value =>
  slice(
    x,
    x.shapes.map((s) => s.map((d, i) => (axes.includes(i) ? d - 1 : 0))),
    x.shapes.map((s) => s.map((d, i) => (axes.includes(i) ? -1 : d))),
    x.shape.map((_, i) => (axes.includes(i) ? -1 : 1)),
  );

/** `pads` is every axis's width before, then every axis's width after; `mode` is constant, reflect or edge. */
export const pad = (x: Value, pads: Sizes, value = 0, mode = 'constant'): Value =>
  pads.every((p) => p.every((width) => width === 0))
    ? x
    : emit(
        'Pad',
        [x],
        {
          dtype: x.dtype,
          shapes: x.shapes.map((s, w) => s.map((d, i) => d + pads[w]![i]! + pads[w]![i + s.length]!)),
        },
        { mode, value },
        { pads },
      );

export const gather = (x: Value, indices: Value, axis: number): Value =>
  emit(
    'Gather',
    [x, indices],
    {
      dtype: x.dtype,
      shapes: x.shapes.map((s, w) => [...s.slice(0, axis), ...indices.shapes[w]!, ...s.slice(axis + 1)]),
    },
    { axis },
  );

export const softmax = (x: Value, axis: number): Value => unary('Softmax', x, { axis });
