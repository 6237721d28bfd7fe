import type { GraphDef, NodeDef } from './graph-def.js';
import { parseInput } from './graph-def.js';

/** One input or output of a model. */
export interface Port {
  /** The signature's name, or the node's where there is no signature. */
  readonly name: string;
  readonly node: string;
  readonly index: number;
}

export interface InputPort extends Port {
  readonly dtype: 'float32' | 'int32' | 'bool';
  /** -1 where any size may stand; undefined where not even the rank is known. */
  readonly shape: readonly number[] | undefined;
  /** That of the signature. */
  readonly usual: readonly number[] | undefined;
}

type Json = Readonly<Record<string, unknown>>;

const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const TYPES: Readonly<Record<string, 'float32' | 'int32' | 'bool'>> = {
  DT_FLOAT: 'float32',
  DT_DOUBLE: 'float32',
  DT_HALF: 'float32',
  DT_BFLOAT16: 'float32',
  DT_INT64: 'int32',
  DT_INT32: 'int32',
  DT_INT16: 'int32',
  DT_INT8: 'int32',
  DT_UINT8: 'int32',
  DT_UINT16: 'int32',
  DT_UINT32: 'int32',
  DT_UINT64: 'int32',
  DT_BOOL: 'bool',
};

/** The numbers that files of older converters have in place of the names of types. */
const NUMBERED: Readonly<Record<number, string>> = {
  1: 'DT_FLOAT',
  2: 'DT_DOUBLE',
  3: 'DT_INT32',
  4: 'DT_UINT8',
  5: 'DT_INT16',
  6: 'DT_INT8',
  7: 'DT_STRING',
  8: 'DT_COMPLEX64',
  9: 'DT_INT64',
  10: 'DT_BOOL',
  14: 'DT_BFLOAT16',
  17: 'DT_UINT16',
  19: 'DT_HALF',
  20: 'DT_RESOURCE',
  22: 'DT_UINT32',
  23: 'DT_UINT64',
};

/** The outputs of a model: the signature's in their order, else the nodes that nothing reads. */
export function outputsOf({ nodes }: GraphDef, signature: Json | undefined): Port[] {
  const named = Object.entries(isObject(signature?.['outputs']) ? signature['outputs'] : {});
  if (named.length === 0) {
    const read = new Set(
      [...nodes.values()].flatMap(({ inputs }) => inputs.map((input) => parseInput(input).node)),
    );
    return [...nodes.values()]
      .filter(
        ({ name, op }) => !read.has(name) && op !== 'NoOp' && op !== 'Const' && !op.startsWith('Placeholder'),
      )
      .map(({ name }) => ({ name, node: name, index: 0 }));
  }
  return named.map(([name, info]) => {
    const { node, index } = portOf(name, info);
    if (!nodes.has(node))
      throw new Error(`The model's signature names the output ${name} (${node}), which is not in its graph.`);
    return { name, node, index };
  });
}

function portOf(name: string, info: unknown): { node: string; index: number } {
  const tensor = isObject(info) && typeof info['name'] === 'string' ? info['name'] : name;
  return parseInput(tensor);
}

/**
 * The inputs of a model: the signature's in their order, then placeholders that it does not name.
 *
 * @param needed whether the outputs need a node
 * @throws Error for an input of strings, and for one that is a table or another resource
 */
export function inputsOf(
  { nodes }: GraphDef,
  signature: Json | undefined,
  needed: (node: string) => boolean,
): InputPort[] {
  const named = Object.entries(isObject(signature?.['inputs']) ? signature['inputs'] : {});
  const inputs = named.map(([name, info]) => {
    const { node, index } = portOf(name, info);
    const definition = nodes.get(node);
    if (!definition)
      throw new Error(`The model's signature names the input ${name} (${node}), which is not in its graph.`);
    const { dtype, tensorShape } = (isObject(info) ? info : {}) as Json;
    return { name, node, index, ...typed(name, definition, dtype, tensorShape) };
  });
  const known = new Set(inputs.map(({ node }) => node));
  for (const node of nodes.values()) {
    if (node.op !== 'Placeholder' || known.has(node.name) || !needed(node.name)) continue;
    inputs.push({
      name: node.name,
      node: node.name,
      index: 0,
      ...typed(node.name, node, undefined, undefined),
    });
  }
  return inputs;
}

function typed(
  name: string,
  { attr }: NodeDef,
  dtype: unknown,
  tensorShape: unknown,
): Pick<InputPort, 'dtype' | 'shape' | 'usual'> {
  const raw = attr['dtype']?.type ?? dtype ?? 'DT_FLOAT';
  const type = typeof raw === 'number' ? (NUMBERED[raw] ?? `type ${raw}`) : String(raw);
  if (type === 'DT_STRING')
    throw new Error(`The input ${name} takes strings, which a graph of numbers cannot.`);
  if (type === 'DT_RESOURCE')
    throw new Error(
      `The input ${name} is a resource, such as a hash table, which an ONNX graph has none of.`,
    );
  const known = TYPES[type];
  if (!known) throw new Error(`The input ${name} is of type ${type}; expected numbers or booleans.`);
  return { dtype: known, shape: dims(attr['shape']?.shape) ?? dims(tensorShape), usual: dims(tensorShape) };
}

/** Sizes of a shape as protocol buffers have it in JSON, where a size of 0 and an empty list may be left out. */
function dims(shape: unknown): number[] | undefined {
  if (!isObject(shape) || shape['unknownRank'] === true) return undefined;
  const list = shape['dim'];
  if (!Array.isArray(list)) return undefined;
  return list.map((dim) => Number((isObject(dim) ? dim['size'] : undefined) ?? 0));
}
