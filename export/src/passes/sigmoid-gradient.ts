import type { Graph, Value } from '../graph/graph.js';
import * as g from '../graph/ops.js';
import { bothWays, rewrite } from './rewrite.js';

/**
 * The gradient of SiLU as tfjs makes it, dy s + dy x (s (1 - s)) with s = sigmoid(x), in four operators in place of six:
 * dy (s + z (1 - s)), where z = x s is there from the way forward.
 */
export function shortenSiluGradient(graph: Graph): Graph {
  return rewrite(graph, (node, inputs) => {
    if (node.op !== 'Add') return undefined;
    for (const [direct, through] of bothWays(inputs)) {
      const found = match(direct, through);
      if (!found) continue;
      const { dy, x, s } = found;
      const complement = g.sub(g.scalar(1, s), s);
      return [g.mul(dy, g.add(s, g.mul(g.mul(x, s), complement)))];
    }
    return undefined;
  });
}

const operandsOf = (value: Value, op: string): readonly Value[] =>
  value.producer?.op === op ? value.producer.inputs : [];

/** The factors of a product, both ways round; none of anything else. */
const factorsOf = (value: Value): readonly (readonly [Value, Value])[] =>
  value.producer?.op === 'Mul' ? bothWays(value.producer.inputs) : [];

const isOneMinus = (value: Value, s: Value): boolean => {
  const [one, other] = operandsOf(value, 'Sub');
  return one?.data?.length === 1 && Number(one.data[0]) === 1 && other === s;
};

/** dy, x and s of direct = dy s and through = (dy x) (s (1 - s)). */
function match(direct: Value, through: Value): { dy: Value; x: Value; s: Value } | undefined {
  for (const [dy, s] of factorsOf(direct)) {
    const [x] = operandsOf(s, 'Sigmoid');
    if (!x) continue;
    for (const [outer, slope] of factorsOf(through)) {
      const isSlope = factorsOf(slope).some(([a, b]) => a === s && isOneMinus(b, s));
      if (isSlope && factorsOf(outer).some(([a, b]) => a === dy && b === x)) return { dy, x, s };
    }
  }
  return undefined;
}
