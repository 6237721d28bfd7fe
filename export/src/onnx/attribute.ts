import type { Attribute as GraphAttribute } from '../graph/graph.js';
import { ATTRIBUTE_TYPE, type Attribute } from './schema.js';

/** Attributes that ONNX declares as floats; any other number is an integer. */
const FLOAT_ATTRIBUTES: ReadonlySet<string> = new Set([
  ...['alpha', 'beta', 'epsilon', 'seed'],
  ...['mean', 'scale', 'low', 'high'],
]);

/** An attribute of a node as the file has it. */
export function attribute(name: string, value: GraphAttribute): Attribute {
  if (typeof value === 'string')
    return { name, type: ATTRIBUTE_TYPE.string, s: new TextEncoder().encode(value) };
  if (typeof value === 'boolean') return { name, type: ATTRIBUTE_TYPE.int, i: value ? 1 : 0 };
  if (typeof value === 'number') {
    return FLOAT_ATTRIBUTES.has(name)
      ? { name, type: ATTRIBUTE_TYPE.float, f: value }
      : { name, type: ATTRIBUTE_TYPE.int, i: value };
  }
  return { name, type: ATTRIBUTE_TYPE.ints, ints: [...value] };
}
