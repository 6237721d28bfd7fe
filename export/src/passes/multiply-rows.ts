import { countUses, type Graph, type Node, type Value } from '../graph/graph.js';
import * as g from '../graph/ops.js';
import { mapSizes, type Sizes } from '../graph/sizes.js';
import { ELEMENTWISE } from './elementwise.js';
import { rewrite } from './rewrite.js';

/**
 * A dense layer joins all axes but the last, multiplies by its weights and takes the axes apart again: tfjs multiplies
 * matrices only. ONNX multiplies rows, whatever the axes before: the reshape moves behind the product where it leaves the
 * rows whole, and otherwise the one behind moves before it, so that they meet.
 */
export function multiplyRows(graph: Graph): Graph {
  const uses = countUses(graph);
  const isReadOnce = (value: Value) => uses.get(value) === 1;
  return rewrite(graph, (node, inputs) => {
    const [x] = inputs as [Value];
    if (node.op === 'MatMul') return sinkBehindProduct(node, inputs);
    if (node.op !== 'Reshape' || !isReadOnce(node.inputs[0]!)) return undefined;
    const before = rowsOf(x, node.output.shapes, isReadOnce);
    return before && [before];
  });
}

const endAlike = (a: Sizes, b: Sizes): boolean =>
  a.every((s, w) => s.length > 0 && s.at(-1) === b[w]!.at(-1));

/** One matrix, with or without axes of size 1 before it, as [k, n]. */
function asMatrix(value: Value): Value | undefined {
  if (value.rank < 2 || value.shapes.some((s) => s.slice(0, -2).some((d) => d !== 1))) return undefined;
  return g.reshape(
    value,
    mapSizes(value.shapes, (s) => s.slice(-2)),
  );
}

/** `rows` times a matrix. */
const times = (rows: Value, matrix: Value): Value =>
  g.emit('MatMul', [rows, matrix], {
    dtype: rows.dtype,
    shapes: mapSizes(rows.shapes, (s, w) => [...s.slice(0, -1), matrix.shapes[w]!.at(-1)!]),
  });

function sinkBehindProduct(node: Node, [a, b]: readonly Value[]): Value[] | undefined {
  const source = a!.producer?.op === 'Reshape' ? a!.producer.inputs[0]! : undefined;
  if (!source || source.rank < 2 || !endAlike(source.shapes, a!.shapes)) return undefined;
  // Rows that are a matrix but for axes of size 1 are best one, for Gemm.
  const isMatrix = source.shapes.every((s) => s.filter((d) => d !== 1).length <= 2);
  const matrix = a!.rank === 2 && isMatrix ? undefined : asMatrix(b!);
  return matrix && [g.reshape(times(source, matrix), node.output.shapes)];
}

/** What `value` is in other axes before the last, if it is made row by row of rows that a reshape makes. */
function rowsOf(value: Value, shapes: Sizes, isReadOnce: (v: Value) => boolean): Value | undefined {
  const node = value.producer;
  if (!node || shapes[0]!.length < 2 || !endAlike(value.shapes, shapes)) return undefined;
  return g.withSource(node.source, () => remade(node, shapes, isReadOnce));
}

function remade(node: Node, shapes: Sizes, isReadOnce: (v: Value) => boolean): Value | undefined {
  if (node.op === 'MatMul') {
    const [a, b] = node.inputs as [Value, Value];
    const matrix = a.producer?.op === 'Reshape' && isReadOnce(a) && asMatrix(b);
    if (!matrix) return undefined;
    const rows = mapSizes(shapes, (s, w) => [...s.slice(0, -1), a.shapes[w]!.at(-1)!]);
    return times(g.reshape(a.producer!.inputs[0]!, rows), matrix);
  }
  if (!ELEMENTWISE.has(node.op)) return undefined;
  const wide = node.inputs.filter((v) => !isRow(v));
  if (wide.length !== 1 || !isReadOnce(wide[0]!)) return undefined;
  const moved = rowsOf(wide[0]!, shapes, isReadOnce);
  return (
    moved &&
    g.emit(
      node.op,
      node.inputs.map((v) => (v === wide[0] ? moved : asRow(v))),
      { dtype: node.output.dtype, shapes },
      node.attrs,
    )
  );
}

/** Whether a value is the same for each row. */
const isRow = (value: Value): boolean => value.shapes.every((s) => s.slice(0, -1).every((d) => d === 1));

const asRow = (value: Value): Value =>
  g.reshape(
    value,
    mapSizes(value.shapes, (s) => s.slice(-1)),
  );
