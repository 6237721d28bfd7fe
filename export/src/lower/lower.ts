import type { Graph, Node, Value } from '../graph/graph.js';
import { rewrite } from '../passes/rewrite.js';

/** Writes one of the operators of `graph/operators.ts` out in operators that the target has. */
export type LoweringRule = (node: Node, inputs: Value[]) => Value[];
export type Lowering = Readonly<Record<string, LoweringRule>>;

export function lower(graph: Graph, lowering: Lowering): Graph {
  // A rule may itself write such an operator, so until none is left.
  while (graph.nodes.some(({ op }) => op in lowering)) {
    graph = rewrite(graph, (node, inputs) => lowering[node.op]?.(node, inputs));
  }
  return graph;
}
