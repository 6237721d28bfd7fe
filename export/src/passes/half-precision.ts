import { Node, Value, topological, type Graph } from '../graph/graph.js';
import * as g from '../graph/ops.js';
import { toHalf } from '../onnx/half.js';

/** Sums of products, which is where the time goes; GPUs add these up in single precision. */
const PRODUCTS: ReadonlySet<string> = new Set(['Conv', 'ConvTranspose', 'Gemm', 'MatMul']);

/** What may be done in half precision where its inputs are there; anything else takes single precision. */
const FOLLOWERS: ReadonlySet<string> = new Set([
  ...['Add', 'Sub', 'Mul', 'Max', 'Min', 'Clip', 'Neg', 'Abs', 'Where'],
  ...['Relu', 'LeakyRelu', 'PRelu', 'Elu', 'Selu', 'Sigmoid', 'HardSigmoid', 'Tanh', 'Erf', 'Gelu'],
  ...['Reshape', 'Transpose', 'Concat', 'Slice', 'Split', 'Pad', 'Expand', 'Tile', 'Resize', 'DepthToSpace'],
  ...['Gather', 'GatherND', 'GatherElements', 'ScatterND', 'ScatterElements'],
  ...['MaxPool', 'AveragePool', 'Equal', 'Greater', 'GreaterOrEqual', 'Less', 'LessOrEqual'],
]);

const LARGEST = 65504;
const SMALLEST_NORMAL = 2 ** -14;
/** Constants up to this many elements are taken for numbers of the program, such as an epsilon, larger ones for weights. */
const SMALL = 64;

/**
 * Mixed precision: products of matrices and convolutions in half precision, and so is what stands between two of them and
 * loses nothing that half precision would not lose anyway. Single precision is kept for what does: reductions, softmax,
 * norms, exponentials and quotients, squares, and what has to do with numbers that half precision does not reach, as a
 * mask of -1e9, or only roughly, as an epsilon of 1e-7. Inputs and outputs stay as they are, those of bodies too.
 *
 * @param graph a lowered graph
 */
export function inHalfPrecision(graph: Graph): Graph {
  const current = new Map<Value, Value>();
  const casts = new Map<Value, Value>();
  const as = (value: Value, dtype: 'float16' | 'float32'): Value => {
    if (value.dtype === dtype || (value.dtype !== 'float32' && value.dtype !== 'float16')) return value;
    let other = casts.get(value);
    if (!other) casts.set(value, (other = value.data ? halved(value) : g.cast(value, dtype)));
    return other;
  };
  for (const node of graph.nodes) {
    const inputs = node.inputs.map((value) => current.get(value) ?? value);
    const dtype = takesHalf(node, inputs) ? 'float16' : 'float32';
    g.withSource(node.source, () => {
      const read = inputs.map((value) => as(value, dtype));
      const changed = dtype === 'float16' || node.bodies || read.some((value, i) => value !== node.inputs[i]);
      if (!changed) return;
      const bodies =
        node.bodies &&
        Object.fromEntries(
          Object.entries(node.bodies).map(([name, body]) => [name, inHalfPrecision(body)] as const),
        );
      const outputs = node.outputs.map(
        (output) => new Value(output.dtype === 'float32' ? dtype : output.dtype, output.shapes),
      );
      const made = new Node(node.op, read, outputs, node.attrs, node.sizes, node.source, bodies);
      node.outputs.forEach((output, i) => current.set(output, made.outputs[i]!));
    });
  }
  const outputs = graph.outputs.map(({ name, value }) => ({
    name,
    value: as(current.get(value) ?? value, 'float32'),
  }));
  return { ...graph, outputs, nodes: topological(outputs.map(({ value }) => value)) };
}

function takesHalf({ op, attrs }: Node, inputs: readonly Value[]): boolean {
  const numbers = inputs.filter(({ dtype }) => dtype === 'float32' || dtype === 'float16');
  if (numbers.length === 0) return false;
  const constants = numbers.filter(({ data }) => data);
  if (PRODUCTS.has(op)) return constants.every(isInReach);
  const isSquare = op === 'Mul' && inputs[0] === inputs[1];
  const sums = attrs['reduction'] !== undefined && attrs['reduction'] !== 'none';
  if (!FOLLOWERS.has(op) || isSquare || sums) return false;
  const rest = numbers.filter(({ data }) => !data);
  // A table of weights that is looked up.
  if (rest.length === 0)
    return (
      op === 'Gather' && constants.every(({ data }) => data!.length > SMALL) && constants.every(isInReach)
    );
  return rest.every(({ dtype }) => dtype === 'float16') && constants.every((c) => isInReach(c) && !isTiny(c));
}

const isInReach = ({ data }: Value): boolean =>
  (data as Float32Array).every((x) => Math.abs(x) <= LARGEST || !Number.isFinite(x));

const isTiny = ({ data }: Value): boolean =>
  data!.length <= SMALL && (data as Float32Array).some((x) => x !== 0 && Math.abs(x) < SMALLEST_NORMAL);

function halved({ shapes, data, name }: Value): Value {
  const value = new Value('float16', shapes, Uint16Array.from(data as Float32Array, toHalf));
  if (name !== undefined) value.name = name;
  return value;
}
