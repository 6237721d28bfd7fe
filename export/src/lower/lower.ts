import type { Graph, Node, Value } from '../graph/graph.js';
import { rewrite } from '../passes/rewrite.js';

/** Writes one of the operators of `graph/operators.ts` out in operators that the target has. */
export type LoweringRule = (node: Node, inputs: Value[]) => Value[];
export type Lowering = Readonly<Record<string, LoweringRule>>;

export const lower = (graph: Graph, lowering: Lowering): Graph =>
  rewrite(graph, (node, inputs) => lowering[node.op]?.(node, inputs));
