import type { Graph, Node, Value } from '../graph/graph.js';
import { rewrite } from './rewrite.js';

/** Constants up to this many elements are compared by value. */
const SMALL = 64;

/** Computes once what is written several times. */
export function eliminateCommonSubexpressions(graph: Graph): Graph {
  const ids = new Map<Value, number>();
  const constants = new Map<string, Value>();
  const seen = new Map<string, Node>();
  const id = (value: Value) => {
    let known = ids.get(value);
    if (known === undefined) ids.set(value, (known = ids.size));
    return known;
  };
  const canonical = (value: Value): Value => {
    if (!value.data || value.data.length > SMALL || value.name !== undefined) return value;
    const bits = Array.from(value.data as ArrayLike<number | bigint>, (v) =>
      Object.is(v, -0) ? '-0' : String(v),
    );
    const key = `${value.dtype}|${value.shape.join()}|${bits.join()}`;
    const first = constants.get(key);
    if (!first) constants.set(key, value);
    return first ?? value;
  };
  return rewrite(graph, (node, inputs) => {
    if (node.bodies) return undefined;
    const read = inputs.map(canonical);
    const outputs = node.outputs.map(({ dtype, shapes }) => [dtype, shapes]);
    const key = JSON.stringify([node.op, read.map(id), node.attrs, node.sizes, outputs], exactly);
    const first = seen.get(key);
    if (first) return first.outputs;
    if (read.every((value, i) => value === node.inputs[i])) {
      seen.set(key, node);
      return undefined;
    }
    const made = node.withInputs(read);
    seen.set(key, made);
    return made.outputs;
  });
}

/** JSON has one word, null, for all the numbers that it has no name for. */
const exactly = (_: string, value: unknown): unknown =>
  typeof value === 'number' && (!Number.isFinite(value) || Object.is(value, -0))
    ? `number ${Object.is(value, -0) ? '-0' : value}`
    : value;
