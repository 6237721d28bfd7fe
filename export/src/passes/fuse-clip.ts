import { countUses, type Graph, type Value } from '../graph/graph.js';
import * as g from '../graph/ops.js';
import { bothWays, rewrite } from './rewrite.js';

/** One Clip in place of a Max and a Min with numbers, in either order; a Relu is a Max with 0. */
export function fuseClip(graph: Graph): Graph {
  const uses = countUses(graph);
  return rewrite(graph, (node, inputs) => {
    const outer = boundOf(node.op, inputs);
    if (!outer) return undefined;
    const inner = outer.x.producer;
    const read = node.inputs[inputs.indexOf(outer.x)]!;
    const within = inner && uses.get(read) === 1 && boundOf(inner.op, inner.inputs);
    if (!within || within.x.dtype !== 'float32') return undefined;
    // Two bounds of the same side are one of them.
    const low = Math.max(outer.low, within.low);
    const high = Math.min(outer.high, within.high);
    // Where the bounds cross, the outer one has the last word, and Clip's is always the upper.
    if (low > high || low === -Infinity) return undefined;
    const bound = (value: number) => g.scalar(value, within.x);
    if (high === Infinity)
      return [low === 0 ? g.unary('Relu', within.x) : g.binary('Max', within.x, bound(low))];
    return [g.emit('Clip', [within.x, bound(low), bound(high)], within.x)];
  });
}

interface Bound {
  readonly x: Value;
  readonly low: number;
  readonly high: number;
}

/** What an operator bounds, and by what. */
function boundOf(op: string, inputs: readonly Value[]): Bound | undefined {
  if (op === 'Relu') return { x: inputs[0]!, low: 0, high: Infinity };
  if (op === 'Clip') {
    const [low, high] = inputs.slice(1).map((v) => v.data?.[0]);
    if (low === undefined || high === undefined) return undefined;
    return { x: inputs[0]!, low: Number(low), high: Number(high) };
  }
  if ((op !== 'Max' && op !== 'Min') || inputs.length !== 2) return undefined;
  for (const [i, k] of bothWays([0, 1])) {
    const number = inputs[k]!.data?.length === 1 && inputs[k]!.rank === 0 ? Number(inputs[k]!.data![0]) : NaN;
    if (Number.isNaN(number) || inputs[i]!.data) continue;
    return op === 'Max'
      ? { x: inputs[i]!, low: number, high: Infinity }
      : { x: inputs[i]!, low: -Infinity, high: number };
  }
  return undefined;
}
