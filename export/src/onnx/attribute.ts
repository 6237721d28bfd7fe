import type { Attribute as GraphAttribute } from '../graph/graph.js';
import { ATTRIBUTE_TYPE, type Attribute } from './schema.js';

/** Attributes that ONNX declares as floats; any other number is an integer. */
const FLOAT_ATTRIBUTES: ReadonlySet<string> = new Set([
  ...['alpha', 'beta', 'epsilon', 'seed'],
  ...['mean', 'scale', 'low', 'high'],
]);

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);

/** An attribute of a node as the file has it. */
export function attribute(name: string, value: GraphAttribute): Attribute {
  if (typeof value === 'string') return { name, type: ATTRIBUTE_TYPE.string, s: utf8(value) };
  if (typeof value === 'boolean') return { name, type: ATTRIBUTE_TYPE.int, i: value ? 1 : 0 };
  if (typeof value === 'number') {
    return FLOAT_ATTRIBUTES.has(name)
      ? { name, type: ATTRIBUTE_TYPE.float, f: value }
      : { name, type: ATTRIBUTE_TYPE.int, i: value };
  }
  const [first] = value;
  if (typeof first === 'string')
    return { name, type: ATTRIBUTE_TYPE.strings, strings: (value as readonly string[]).map(utf8) };
  return { name, type: ATTRIBUTE_TYPE.ints, ints: [...(value as readonly number[])] };
}
