import { countUses, type Graph, type Value } from '../graph/graph.js';
import * as g from '../graph/ops.js';
import { joinSources } from '../graph/source.js';
import { mapSizes } from '../graph/sizes.js';
import { perChannel } from './per-channel.js';
import { bothWays, rewrite } from './rewrite.js';

/**
 * Takes a constant factor per channel, such as that of a batch norm, into the constant weights of the convolution before
 * it, where nothing else reads the convolution.
 */
export function foldScale(graph: Graph): Graph {
  const uses = countUses(graph);
  return rewrite(graph, (node, inputs) => {
    if (node.op !== 'Mul') return undefined;
    for (const [i, k] of bothWays([0, 1])) {
      const convolution = inputs[i]!.producer;
      if (convolution?.op !== 'Conv' || uses.get(node.inputs[i]!) !== 1) continue;
      const [x, w, bias] = convolution.inputs as [Value, Value, Value | undefined];
      const factor = inputs[k]!.data && w.data && perChannel(inputs[k]!, convolution.output);
      if (!factor) continue;
      const filters = g.reshape(
        factor,
        mapSizes(w.shapes, (s) => s.map((d, axis) => (axis === 0 ? d : 1))),
      );
      const scaled = [g.mul(w, filters), ...(bias ? [g.mul(bias, factor)] : [])];
      return g.withSource(joinSources(convolution.source, node.source), () => [
        g.emit('Conv', [x, ...scaled], convolution.output, convolution.attrs),
      ]);
    }
    return undefined;
  });
}
