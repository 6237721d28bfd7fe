import { countUses, type Graph, type Value } from '../graph/graph.js';
import * as g from '../graph/ops.js';
import { joinSources } from '../graph/source.js';
import { perChannel } from './per-channel.js';
import { bothWays, rewrite } from './rewrite.js';

const CONVOLUTIONS: ReadonlySet<string | undefined> = new Set(['Conv', 'ConvTranspose']);

/** Adds a bias per channel inside the convolution before it, where nothing else reads the convolution. */
export function fuseBias(graph: Graph): Graph {
  const uses = countUses(graph);
  return rewrite(graph, (node, inputs) => {
    if (node.op !== 'Add' && node.op !== 'Sub') return undefined;
    for (const [i, k] of node.op === 'Add' ? bothWays([0, 1]) : [[0, 1] as const]) {
      const convolution = inputs[i]!.producer;
      if (!CONVOLUTIONS.has(convolution?.op) || uses.get(node.inputs[i]!) !== 1) continue;
      const added = perChannel(inputs[k]!, inputs[i]!);
      if (!added) continue;
      const { op, attrs, source } = convolution!;
      const [x, w, bias] = convolution!.inputs as [Value, Value, Value | undefined];
      return g.withSource(joinSources(source, node.source), () => {
        const signed = node.op === 'Sub' ? g.unary('Neg', added) : added;
        const sum = bias ? g.add(bias, signed) : signed;
        return [g.emit(op, [x, w, sum], inputs[i]!, attrs)];
      });
    }
    return undefined;
  });
}
