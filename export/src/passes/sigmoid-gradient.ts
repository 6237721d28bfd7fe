import type { Graph, Value } from '../graph/graph.js';
import * as g from '../graph/ops.js';
import { rewrite } from './rewrite.js';

/**
 * The gradient of SiLU as tfjs makes it, dy s + dy x (s (1 - s)) with s = sigmoid(x), in four operators in place of six:
 * dy (s + z (1 - s)), where z = x s is there from the way forward.
 */
export function shortenSiluGradient(graph: Graph): Graph {
  return rewrite(graph, (node, inputs) => {
    if (node.op !== 'Add') return undefined;
    for (const [i, k] of [
      [0, 1],
      [1, 0],
    ] as const) {
      const found = match(inputs[i]!, inputs[k]!);
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

/** Both ways round in which a product's operands can be taken. */
const asProduct = (value: Value): readonly (readonly [Value, Value])[] => {
  const [a, b] = operandsOf(value, 'Mul');
  return a && b
    ? [
        [a, b],
        [b, a],
      ]
    : [];
};

const isOneMinus = (value: Value, s: Value): boolean => {
  const [one, other] = operandsOf(value, 'Sub');
  return one?.data?.length === 1 && Number(one.data[0]) === 1 && other === s;
};

/** dy, x and s of direct = dy s and through = (dy x) (s (1 - s)). */
function match(direct: Value, through: Value): { dy: Value; x: Value; s: Value } | undefined {
  for (const [dy, s] of asProduct(direct)) {
    const [x] = operandsOf(s, 'Sigmoid');
    if (!x) continue;
    for (const [outer, slope] of asProduct(through)) {
      const isSlope = asProduct(slope).some(([a, b]) => a === s && isOneMinus(b, s));
      if (isSlope && asProduct(outer).some(([a, b]) => a === dy && b === x)) return { dy, x, s };
    }
  }
  return undefined;
}
