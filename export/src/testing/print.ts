import type { Graph, Value } from '../graph/graph.js';

/**
 * A graph as text, one line a node: `%1 = Transpose(x) perm=0,3,1,2 [3, 2, 4, 4]`. Shapes are those of the first
 * witness. Constants are their number, their name, or their type and shape.
 */
export function print(graph: Graph): string[] {
  const names = new Map<Value, string>(graph.inputs.map((value) => [value, value.name!]));
  const name = (value: Value): string => {
    if (value.data?.length === 1) return String(value.data[0]);
    if (value.data) return value.name ?? `${value.dtype}[${value.shape.join(', ')}]`;
    if (!names.has(value)) names.set(value, `%${names.size - graph.inputs.length + 1}`);
    return names.get(value)!;
  };
  const lines = graph.nodes.map((node) => {
    const attrs = Object.entries(node.attrs).map(([key, value]) => ` ${key}=${String(value)}`);
    const inputs = node.inputs.map(name);
    const shapes = node.outputs.map(({ shape }) => ` [${shape.join(', ')}]`);
    return `${node.outputs.map(name).join(', ')} = ${node.op}(${inputs.join(', ')})${attrs.join('')}${shapes.join('')}`;
  });
  return [...lines, ...graph.outputs.map((o) => `${o.name}: ${name(o.value)}`)];
}
