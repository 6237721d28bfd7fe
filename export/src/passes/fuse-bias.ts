import { countUses, type Graph } from '../graph/graph.js';
import * as g from '../graph/ops.js';
import { mapSizes } from '../graph/sizes.js';
import { bothWays, rewrite } from './rewrite.js';

/** Adds a bias per channel inside the convolution before it, where nothing else reads the convolution. */
export function fuseBias(graph: Graph): Graph {
  const uses = countUses(graph);
  const single = new Set(
    graph.nodes.filter((n) => n.op === 'Conv' && uses.get(n.output) === 1).map((n) => n.output),
  );
  return rewrite(graph, (node, inputs) => {
    if (node.op !== 'Add') return undefined;
    for (const [i, k] of bothWays([0, 1])) {
      const convolution = inputs[i]!.producer;
      const bias = inputs[k]!;
      if (convolution?.op !== 'Conv' || convolution.inputs.length !== 2 || !single.has(node.inputs[i]!))
        continue;
      const channels = convolution.output.shape[1]!;
      const perChannel = bias.shapes.every(
        (s) =>
          s.length === convolution.output.rank && s.every((d, axis) => d === (axis === 1 ? channels : 1)),
      );
      if (!perChannel) continue;
      const [x, w] = convolution.inputs as [typeof bias, typeof bias];
      const flat = g.reshape(
        bias,
        mapSizes(bias.shapes, () => [channels]),
      );
      return [g.emit('Conv', [x, w, flat], convolution.output, convolution.attrs)];
    }
    return undefined;
  });
}
