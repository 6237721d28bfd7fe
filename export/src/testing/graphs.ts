import { topological, Value, type DataType, type Graph } from '../graph/graph.js';

/** A named graph input; two witnesses where a shape differs between them. */
export function graphInput(name: string, shapes: number[] | number[][], dtype: DataType = 'float32'): Value {
  const value = new Value(dtype, (Array.isArray(shapes[0]) ? shapes : [shapes]) as number[][]);
  value.name = name;
  return value;
}

export const graphOf = (inputs: Value[], outputs: Record<string, Value>): Graph => ({
  inputs,
  outputs: Object.entries(outputs).map(([name, value]) => ({ name, value })),
  nodes: topological(Object.values(outputs)),
});
