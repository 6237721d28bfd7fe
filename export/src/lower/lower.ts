import type { Graph, Node, Value } from '../graph/graph.js';
import { rewrite, rewriteBodies } from '../passes/rewrite.js';

/** Writes an operator out in others that the target has, or that it runs faster; undefined leaves it as it is. */
export type LoweringRule = (node: Node, inputs: Value[]) => Value[] | undefined;
export type Lowering = Readonly<Record<string, LoweringRule>>;

/** The rules of `first`, and those of `then` where these do nothing. */
export const preferring = (first: Lowering, then: Lowering): Lowering => ({
  ...then,
  ...Object.fromEntries(
    Object.entries(first).map(([op, rule]): [string, LoweringRule] => [
      op,
      (node, inputs) => rule(node, inputs) ?? then[op]?.(node, inputs),
    ]),
  ),
});

/** Applies the rules until none does anything: what a rule writes may itself need another one. */
export function lower(graph: Graph, lowering: Lowering): Graph {
  for (;;) {
    let changed = false;
    graph = rewrite(graph, (node, inputs) => {
      const outputs = lowering[node.op]?.(node, inputs);
      if (outputs) changed = true;
      return outputs;
    });
    if (!changed) return rewriteBodies(graph, (body) => lower(body, lowering));
  }
}
