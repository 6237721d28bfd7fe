import { Value, topological, type Attribute, type Graph, type Node } from '../graph/graph.js';
import type { Sizes } from '../graph/sizes.js';

/** A run of nodes that are computed in one session: its fed values in, the values that something else needs out. */
export interface Segment {
  readonly nodes: readonly Node[];
  readonly inputs: readonly Value[];
  readonly outputs: readonly Value[];
  /** The same for two segments whose nodes do the same, whatever the values of their inputs. */
  readonly key: string;
}

/** Cuts what `wanted` needs into lists of at most `length` nodes, to be run one after the other. */
export function cut(wanted: ReadonlySet<Value>, length: number): { nodes: Node[]; outputs: Value[] }[] {
  const order = topological([...wanted]);
  const parts: Node[][] = [];
  for (let start = 0; start < order.length; start += length) parts.push(order.slice(start, start + length));
  const needed = new Set(wanted);
  return parts
    .reverse()
    .map((nodes) => {
      const outputs = nodes.flatMap((node) => node.outputs.filter((value) => needed.has(value)));
      for (const node of nodes) for (const value of node.inputs) needed.add(value);
      return { nodes, outputs };
    })
    .reverse();
}

/**
 * Works out a segment's inputs and its key.
 *
 * @param isFed whether a constant is data, which is fed, so that the same session serves other data; any other one is
 *   part of what the nodes do
 */
export function segment(
  nodes: readonly Node[],
  outputs: readonly Value[],
  isFed: (constant: Value) => boolean,
): Segment {
  const names = new Map<Value, string>();
  const inputs: Value[] = [];
  const lines: string[] = [];
  const nameOf = (value: Value): string => {
    const known = names.get(value);
    if (known !== undefined) return known;
    const signature = `${value.dtype}[${value.shape.join()}]`;
    const own = value.data && !isFed(value) ? value.data : undefined;
    const name = own ? `${signature}{${own.join()}}` : `i${inputs.push(value)}${signature}`;
    names.set(value, name);
    return name;
  };
  nodes.forEach((node, n) => {
    const operands = node.inputs.map(nameOf).join(' ');
    node.outputs.forEach((value, i) => names.set(value, `${n}.${i}`));
    const shapes = node.outputs.map(({ dtype, shape }) => `${dtype}[${shape.join()}]`).join();
    const details = attributesKey(node.attrs) + sizesKey(node.sizes) + bodiesKey(node.bodies);
    lines.push(`${node.op}(${operands})${details}${shapes}`);
  });
  lines.push(outputs.map(nameOf).join());
  return { nodes, inputs, outputs, key: lines.join('\n') };
}

// String takes the sign off a negative zero; JSON has neither NaN nor infinity.
const attributesKey = (attrs: Readonly<Record<string, Attribute>>): string =>
  Object.entries(attrs)
    .map(([key, value]) => ` ${key}=${Object.is(value, -0) ? '-0' : String(value)}`)
    .join('');

const sizesKey = (sizes: Readonly<Record<string, Sizes>>): string =>
  Object.entries(sizes)
    .map(([key, [size]]) => ` ${key}=${size!.join()}`)
    .join('');

const bodiesKey = (bodies: Readonly<Record<string, Graph>> = {}): string =>
  Object.entries(bodies)
    .map(([key, { nodes, outputs }]) => {
      const values = outputs.map(({ value }) => value);
      return ` ${key}={${segment(nodes, values, () => false).key}}`;
    })
    .join('');

/** The segment as a graph of its own, with inputs in place of the data. */
export function graphOf({ nodes, inputs, outputs }: Segment): Graph {
  const copies = new Map<Value, Value>();
  const copyOf = (value: Value): Value => copies.get(value) ?? value;
  const placeholders = inputs.map((value, i) => {
    const placeholder = new Value(value.dtype, value.shapes);
    placeholder.name = inputName(i);
    copies.set(value, placeholder);
    return placeholder;
  });
  const copied = nodes.map((node) => {
    const copy = node.withInputs(node.inputs.map(copyOf));
    node.outputs.forEach((output, i) => copies.set(output, copy.outputs[i]!));
    return copy;
  });
  return {
    inputs: placeholders,
    outputs: outputs.map((value, i) => ({ name: outputName(i), value: copyOf(value) })),
    nodes: copied,
  };
}

export const inputName = (i: number): string => `input_${i}`;
export const outputName = (i: number): string => `output_${i}`;
