import { topological, type Graph, type Node, type Value } from '../graph/graph.js';
import { withSource } from '../graph/ops.js';

/**
 * What should stand in a node's place, given its inputs as rewritten so far, and what gives that of any value before it;
 * undefined leaves it as it is.
 */
export type RewriteRule = (
  node: Node,
  inputs: Value[],
  current: (value: Value) => Value,
) => Value[] | undefined;

/** Rebuilds a graph from its inputs to its outputs, node by node. What no output needs any more is gone. */
export function rewrite(graph: Graph, rule: RewriteRule): Graph {
  const replaced = new Map<Value, Value>();
  const current = (value: Value) => replaced.get(value) ?? value;
  for (const node of graph.nodes) {
    const inputs = node.inputs.map(current);
    const outputs = withSource(node.source, () => rule(node, inputs, current)) ?? keep(node, inputs);
    if (outputs !== node.outputs) {
      node.outputs.forEach((output, i) => {
        const value = outputs[i]!;
        value.name ??= output.name!;
        replaced.set(output, value);
      });
    }
  }
  const outputs = graph.outputs.map(({ name, value }) => ({ name, value: current(value) }));
  return { ...graph, outputs, nodes: topological(outputs.map(({ value }) => value)) };
}

/** Rebuilds the graphs inside the nodes of a graph. */
export const rewriteBodies = (graph: Graph, change: (body: Graph) => Graph): Graph =>
  graph.nodes.some(({ bodies }) => bodies)
    ? rewrite(graph, (node, inputs) => node.bodies && node.withInputs(inputs).withBodies(change).outputs)
    : graph;

const keep = (node: Node, inputs: Value[]): Value[] =>
  inputs.every((input, i) => input === node.inputs[i]) ? node.outputs : node.withInputs(inputs).outputs;

/** The operands of a commutative operator of two, as they stand and the other way round. */
export const bothWays = <T>([a, b]: readonly T[]): readonly (readonly [T, T])[] =>
  a === undefined || b === undefined
    ? []
    : [
        [a, b],
        [b, a],
      ];
