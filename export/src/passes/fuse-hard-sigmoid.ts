import { type Graph, type Value } from '../graph/graph.js';
import * as g from '../graph/ops.js';
import { closedNodes, isNumber, numberOf, operandsOf } from './match.js';
import { bothWays, rewrite } from './rewrite.js';

/** One HardSigmoid in place of alpha x + beta, clipped to [0, 1]: the gates of a recurrent layer of tfjs by default. */
export function fuseHardSigmoid(graph: Graph): Graph {
  const isClosed = closedNodes(graph);
  return rewrite(graph, (node, _, current) => {
    const [line, low, high] = node.inputs;
    const isUnit = node.op === 'Clip' && isNumber(high, 1) && numberOf(low) === 0;
    const found = isUnit ? matchLine(line!) : undefined;
    if (!found || !isClosed([...found.nodes.map((v) => v.producer!), node], node.outputs)) return undefined;
    const { x, alpha, beta } = found;
    return [g.emit('HardSigmoid', [current(x)], node.output, { alpha, beta })];
  });
}

/** alpha x + beta, of numbers. */
function matchLine(
  line: Value,
): { x: Value; alpha: number; beta: number; nodes: readonly Value[] } | undefined {
  for (const [scaled, offset] of bothWays(operandsOf(line, 'Add'))) {
    const beta = scalarOf(offset);
    if (beta === undefined) continue;
    for (const [x, factor] of bothWays(operandsOf(scaled, 'Mul'))) {
      const alpha = scalarOf(factor);
      if (alpha !== undefined && x.dtype === 'float32' && x.rank === line.rank)
        return { x, alpha, beta, nodes: [line, scaled] };
    }
  }
  return undefined;
}

const scalarOf = (value: Value): number | undefined => (value.rank === 0 ? numberOf(value) : undefined);
