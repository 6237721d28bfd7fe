import type { Data, Graph, Node, Value } from '../graph/graph.js';
import { rewrite } from './rewrite.js';

/** Constants up to this many elements are compared by value; larger ones are the same where their array is one. */
const SMALL = 64;

/** Each of these draws anew. */
const RANDOM: ReadonlySet<string> = new Set(['Multinomial', 'RandomNormalLike', 'RandomUniformLike']);

/** Computes once what is written several times. */
export function eliminateCommonSubexpressions(graph: Graph): Graph {
  const ids = new Map<Value, number>();
  const constants = new Map<string, Value>();
  const arrays = new Map<Data, number>();
  const seen = new Map<string, Node>();
  const id = (value: Value) => {
    let known = ids.get(value);
    if (known === undefined) ids.set(value, (known = ids.size));
    return known;
  };
  const array = (data: Data) => {
    let known = arrays.get(data);
    if (known === undefined) arrays.set(data, (known = arrays.size));
    return `array ${known}`;
  };
  const canonical = (value: Value): Value => {
    if (!value.data) return value;
    const key = `${value.name ?? ''}|${value.dtype}|${value.shape.join()}|${value.data.length > SMALL ? array(value.data) : bits(value.data)}`;
    const first = constants.get(key);
    if (!first) constants.set(key, value);
    return first ?? value;
  };
  return rewrite(graph, (node, inputs) => {
    if (node.bodies) return undefined;
    const read = inputs.map(canonical);
    const outputs = node.outputs.map(({ dtype, shapes }) => [dtype, shapes]);
    const key = JSON.stringify([node.op, read.map(id), node.attrs, node.sizes, outputs], exactly);
    const first = RANDOM.has(node.op) ? undefined : seen.get(key);
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

const bits = (data: Data): string =>
  Array.from(data as ArrayLike<number | bigint>, (v) => (Object.is(v, -0) ? '-0' : String(v))).join();

/** JSON has one word, null, for all the numbers that it has no name for. */
const exactly = (_: string, value: unknown): unknown =>
  typeof value === 'number' && (!Number.isFinite(value) || Object.is(value, -0))
    ? `number ${Object.is(value, -0) ? '-0' : value}`
    : value;
