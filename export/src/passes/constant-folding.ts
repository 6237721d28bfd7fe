import type { Data, Graph, Node, Value } from '../graph/graph.js';
import * as g from '../graph/ops.js';
import { isFixed, product } from '../graph/sizes.js';
import { toHalf } from '../onnx/half.js';
import { rewrite } from './rewrite.js';

/** A result larger than this many elements is only kept if it is no larger than what it was made of. */
const CAP = 4096;

/** Computes what depends on constants alone. */
export function foldConstants(graph: Graph): Graph {
  return rewrite(graph, (node, inputs) => {
    if (node.op === 'Split' && inputs[0]!.data) return splitConstant(node, inputs[0]!);
    const evaluate = EVALUATORS[node.op];
    if (!evaluate || node.outputs.length !== 1 || !inputs.every((v) => v.data)) return undefined;
    const { dtype, shapes } = node.output;
    const count = product(node.output.shape);
    if (!isFixed(shapes) || (count > CAP && count > inputs.reduce((sum, v) => sum + v.data!.length, 0)))
      return undefined;
    const folded = g.constant(dtype, node.output.shape, evaluate(node, inputs), shapes.length);
    const named = inputs.find((v) => v.name !== undefined);
    if (named && inputs.every((v) => v === named || v.data!.length === 1)) folded.name = named.name!;
    return [folded];
  });
}

type Evaluator = (node: Node, inputs: readonly Value[]) => Data;

const empty = (dtype: Value['dtype'], length: number): Data => new g.ARRAYS[dtype](length);

/** Row-major strides. */
function strides(shape: readonly number[]): number[] {
  const result = new Array<number>(shape.length);
  for (let i = shape.length - 1, step = 1; i >= 0; step *= shape[i--]!) result[i] = step;
  return result;
}

/** Copies into an array of `shape` from the offsets that `start` plus `step[axis] * index` name. */
function gatherStrided(
  data: Data,
  shape: readonly number[],
  start: number,
  step: readonly number[],
  out: Data,
): Data {
  const index = new Array<number>(shape.length).fill(0);
  let offset = start;
  for (let i = 0; i < out.length; i++) {
    out[i] = data[offset]!;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      offset += step[axis]!;
      if (++index[axis]! < shape[axis]!) break;
      offset -= step[axis]! * shape[axis]!;
      index[axis] = 0;
    }
  }
  return out;
}

/** The parts of a split, each a copy, which together are no larger than what was split. */
function splitConstant(node: Node, x: Value): Value[] | undefined {
  if (!isFixed(x.shapes)) return undefined;
  const axis = node.attrs['axis'] as number;
  const step = strides(x.shape);
  let at = 0;
  return node.outputs.map(({ dtype, shape, shapes }) => {
    const out = empty(dtype, product(shape));
    gatherStrided(x.data!, shape, at * step[axis]!, step, out);
    at += shape[axis]!;
    return g.constant(dtype, shape, out, shapes.length);
  });
}

function concatenated(node: Node, inputs: readonly Value[]): Data {
  const { dtype, shape } = node.output;
  const axis = node.attrs['axis'] as number;
  const out = empty(dtype, product(shape));
  const rows = product(shape.slice(0, axis));
  for (let row = 0, at = 0; row < rows; row++)
    for (const { data } of inputs) {
      const length = data!.length / rows;
      out.set(data!.subarray(row * length, (row + 1) * length) as never, at);
      at += length;
    }
  return out;
}

/** The step of each output axis through an operand that is broadcast to it. */
const broadcastSteps = (from: readonly number[], to: readonly number[]): number[] => {
  const own = strides(from);
  return to.map((_, i) => {
    const axis = i - to.length + from.length;
    return axis >= 0 && from[axis] !== 1 ? own[axis]! : 0;
  });
};

const viewed =
  (view: (node: Node, x: Value) => { start: number; step: readonly number[] }): Evaluator =>
  (node, [x]) => {
    const { start, step } = view(node, x!);
    return gatherStrided(
      x!.data!,
      node.output.shape,
      start,
      step,
      empty(node.output.dtype, product(node.output.shape)),
    );
  };

/** In float64, rounded once to the type of the result. */
const computed =
  (f: (...x: number[]) => number): Evaluator =>
  (node, inputs) => {
    const shape = node.output.shape;
    const count = product(shape);
    const operands = inputs.map((v) =>
      gatherStrided(v.data!, shape, 0, broadcastSteps(v.shape, shape), empty(v.dtype, count)),
    );
    const out = empty(node.output.dtype, count);
    for (let i = 0; i < count; i++) out[i] = f(...operands.map((o) => Number(o[i]))) as never;
    return out;
  };

const EVALUATORS: Readonly<Record<string, Evaluator>> = {
  Reshape: (_, [x]) => x!.data!,
  Transpose: viewed((node, x) => {
    const own = strides(x.shape);
    return { start: 0, step: (node.attrs['perm'] as readonly number[]).map((p) => own[p]!) };
  }),
  Expand: viewed((node, x) => ({ start: 0, step: broadcastSteps(x.shape, node.output.shape) })),
  Slice: viewed((node, x) => {
    const own = strides(x.shape);
    const starts = node.sizes['starts']![0]!;
    const steps = node.attrs['steps'] as readonly number[];
    return {
      start: starts.reduce((sum, s, i) => sum + s * own[i]!, 0),
      step: own.map((s, i) => s * steps[i]!),
    };
  }),
  Concat: concatenated,
  Cast: ({ output: { dtype } }, [x]) => {
    const to = {
      float32: (v: number) => v,
      float64: (v: number) => v,
      float16: toHalf,
      int32: Math.trunc,
      int64: (v: number) => BigInt(Math.trunc(v)),
      bool: (v: number) => (v === 0 ? 0 : 1),
    }[dtype];
    const out = empty(dtype, x!.data!.length);
    x!.data!.forEach((v: number | bigint, i: number) => (out[i] = to(Number(v)) as never));
    return out;
  },
  Equal: computed((a, b) => Number(a === b)),
  Greater: computed((a, b) => Number(a! > b!)),
  GreaterOrEqual: computed((a, b) => Number(a! >= b!)),
  Less: computed((a, b) => Number(a! < b!)),
  LessOrEqual: computed((a, b) => Number(a! <= b!)),
  Add: computed((a, b) => a! + b!),
  Sub: computed((a, b) => a! - b!),
  Mul: computed((a, b) => a! * b!),
  Div: computed((a, b) => a! / b!),
  Max: computed(Math.max),
  Min: computed(Math.min),
  Pow: computed((a, b) => a! ** b!),
  Neg: computed((a) => -a!),
  Exp: computed(Math.exp),
  Log: computed(Math.log),
  Sqrt: computed(Math.sqrt),
  Reciprocal: computed((a) => 1 / a!),
  Sin: computed(Math.sin),
  Cos: computed(Math.cos),
};
