import type { Graph, Node, Value } from '../graph/graph.js';
import * as g from '../graph/ops.js';
import { broadcastShapes, product, sameInts, sameSizes } from '../graph/sizes.js';
import { ELEMENTWISE } from './elementwise.js';
import { rewrite } from './rewrite.js';

/** Removes what has no effect: gradients are full of multiplications by ones, and of tiles that broadcasting makes. */
export function simplify(graph: Graph): Graph {
  return rewrite(graph, (node, inputs) => {
    const [x] = inputs;
    switch (node.op) {
      case 'Reshape':
        if (sameSizes(x!.shapes, node.output.shapes)) return [x!];
        return x!.producer?.op === 'Reshape'
          ? [g.reshape(x!.producer.inputs[0]!, node.output.shapes)]
          : undefined;
      case 'Transpose':
        return simplifyTranspose(node, x!);
      case 'Expand':
        if (sameSizes(x!.shapes, node.output.shapes)) return [x!];
        return x!.producer?.op === 'Expand'
          ? [g.expand(x!.producer.inputs[0]!, node.output.shapes)]
          : undefined;
      case 'Tile':
        return x!.shapes.every((s, w) => s.every((d, i) => d === 1 || node.sizes['repeats']![w]![i] === 1))
          ? [g.expand(x!, node.output.shapes)]
          : undefined;
      case 'Cast':
        return x!.dtype === node.output.dtype ? [x!] : undefined;
      default:
        return ELEMENTWISE.has(node.op) ? simplifyElementwise(node, inputs) : undefined;
    }
  });
}

function simplifyTranspose(node: Node, x: Value): Value[] | undefined {
  const perm = node.attrs['perm'] as readonly number[];
  if (x.producer?.op === 'Transpose') {
    const inner = x.producer.attrs['perm'] as readonly number[];
    return [
      g.transpose(
        x.producer.inputs[0]!,
        perm.map((p) => inner[p]!),
      ),
    ];
  }
  // Only dimensions of size 1 change their place: the same elements in the same order.
  const moving = perm.filter((p) => x.shapes.some((s) => s[p] !== 1));
  return moving.every((p, i) => i === 0 || moving[i - 1]! < p)
    ? [g.reshape(x, node.output.shapes)]
    : undefined;
}

/** The neutral element on the right of an operator, and on its left. */
const NEUTRAL: Readonly<Record<string, { right?: number; left?: number }>> = {
  Add: { right: 0, left: 0 },
  Sub: { right: 0 },
  Mul: { right: 1, left: 1 },
  Div: { right: 1 },
  Pow: { right: 1 },
};

function simplifyElementwise(node: Node, inputs: Value[]): Value[] | undefined {
  const narrow = inputs.map(beforeExpand);
  const neutral = NEUTRAL[node.op];
  if (neutral) {
    const [a, b] = inputs as [Value, Value];
    if (isScalar(narrow[1]!, neutral.right)) return [g.expand(a, node.output.shapes)];
    if (isScalar(narrow[0]!, neutral.left)) return [g.expand(b, node.output.shapes)];
  }
  if (narrow.every((v, i) => v === inputs[i])) return undefined;
  // Every operand was spread: compute on what they were before, then spread the result.
  const shapes = node.output.shapes.map((_, w) => narrow.map((v) => v.shapes[w]!).reduce(broadcastShapes));
  if (shapes.some((s, w) => product(s) < product(node.output.shapes[w]!))) {
    const { dtype } = node.output;
    return [g.expand(g.emit(node.op, narrow, { dtype, shapes }, { ...node.attrs }), node.output.shapes)];
  }
  // One after the other: of two that were spread alike, one has to stay.
  const lean = [...inputs];
  for (const [i, input] of inputs.entries()) lean[i] = unexpanded(node, lean, input, i);
  return lean.some((input, i) => input !== inputs[i]) ? node.withInputs(lean).outputs : undefined;
}

const beforeExpand = (value: Value): Value =>
  value.producer?.op === 'Expand' ? value.producer.inputs[0]! : value;

/** What an expanded operand was before, where broadcasting expands it anyway. */
function unexpanded(node: Node, inputs: readonly Value[], input: Value, i: number): Value {
  const narrow = beforeExpand(input);
  if (narrow === input) return input;
  const others = inputs.filter((_, k) => k !== i);
  const enough = node.output.shapes.every((shape, w) =>
    sameInts(
      others.map((v) => v.shapes[w]!).reduce((a, b) => broadcastShapes(a, b), narrow.shapes[w]!),
      shape,
    ),
  );
  return enough ? narrow : input;
}

const isScalar = (value: Value, number: number | undefined): boolean =>
  number !== undefined && value.data?.length === 1 && Number(value.data[0]) === number;
