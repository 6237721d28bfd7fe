import { countUses, type Graph, type Value } from '../graph/graph.js';
import * as g from '../graph/ops.js';
import { joinSources } from '../graph/source.js';
import { bothWays, rewrite } from './rewrite.js';

/** One Gemm in place of a product of two matrices, the transposes before it and the sum behind it. */
export function fuseGemm(graph: Graph): Graph {
  const uses = countUses(graph);
  const isReadOnce = (value: Value) => uses.get(value) === 1;
  return rewrite(graph, (node, inputs) => {
    const { op, output } = node;
    if (output.dtype !== 'float32' || output.rank !== 2) return undefined;
    if (op === 'MatMul') {
      const sides = inputs.map((v, i) => {
        const turned = v.producer?.op === 'Transpose' && isReadOnce(node.inputs[i]!);
        return { value: turned ? v.producer!.inputs[0]! : v, turned };
      });
      if (inputs.some((v) => v.rank !== 2) || !sides.some(({ turned }) => turned)) return undefined;
      const attrs = { transA: sides[0]!.turned ? 1 : 0, transB: sides[1]!.turned ? 1 : 0 };
      return [g.emit('Gemm', sides.map(({ value }) => value), output, attrs)]; // prettier-ignore
    }
    if (op !== 'Add') return undefined;
    for (const [i, k] of bothWays([0, 1])) {
      const product = inputs[i]!.producer;
      const isProduct = product?.op === 'MatMul' || (product?.op === 'Gemm' && product.inputs.length === 2);
      if (!isProduct || !isReadOnce(node.inputs[i]!) || !spreadsTo(inputs[k]!, inputs[i]!)) continue;
      if (product.inputs.some((v) => v.rank !== 2)) continue;
      return g.withSource(joinSources(product.source, node.source), () => {
        // The WebGPU provider ends the process over one without axes.
        const added =
          inputs[k]!.rank === 0 ? g.reshape(inputs[k]!, g.repeat([1], output.shapes.length)) : inputs[k]!;
        return [g.emit('Gemm', [...product.inputs, added], output, product.attrs)];
      });
    }
    return undefined;
  });
}

/** Whether a value is broadcast to a matrix and does not spread it. */
const spreadsTo = (value: Value, matrix: Value): boolean =>
  value.rank <= 2 &&
  value.shapes.every((s, w) => {
    const whole = matrix.shapes[w]!.slice(2 - s.length);
    return s.every((d, i) => d === 1 || d === whole[i]);
  });
