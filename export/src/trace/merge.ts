import { Node, Value, topological, type Graph } from '../graph/graph.js';
import type { Sizes } from '../graph/sizes.js';
import { mergeAttributes, sameAttribute } from './merge-attributes.js';
import { mergeConstant } from './merge-constant.js';
import type { Witnesses } from './witnesses.js';

/**
 * Lays traces of one function over each other: one graph, whose sizes hold what each trace measured. A constant that
 * differs between the traces is a function of the sizes or it is an error: randomness or time, which a graph would
 * freeze.
 *
 * @param symbols the sizes of the symbolic dimensions in each trace; none where one size was traced twice to find
 *   randomness
 */
export function merge(traces: readonly Graph[], symbols: Witnesses): Graph {
  const first = traces[0]!;
  const signatures = traces.map((t) =>
    [...t.inputs.map((v) => v.name!), 'to', ...t.outputs.map(({ name }) => name)].join(', '),
  );
  const other = signatures.find((signature) => signature !== signatures[0]);
  if (other !== undefined)
    throw differentPaths(
      `it led from ${signatures[0]} the first time and from ${other} another time`,
      symbols,
    );

  // What each trace has in the place of a merged value: the traces must not only do the same, but to the same.
  const merged = new Map<Value, { readonly value: Value; readonly parts: readonly Value[] }>();
  const lookup = (parts: readonly Value[]): Value => {
    const known = merged.get(parts[0]!);
    if (known && known.parts.every((part, t) => part === parts[t])) return known.value;
    const value = constantOf(parts, symbols);
    if (parts[0]!.name !== undefined) value.name = parts[0]!.name;
    merged.set(parts[0]!, { value, parts });
    return value;
  };

  const inputs = first.inputs.map((input, i) => {
    const parts = traces.map((t) => t.inputs[i]!);
    const value = new Value(
      input.dtype,
      parts.map((part) => part.shape),
    );
    value.name = input.name!;
    merged.set(input, { value, parts });
    return value;
  });

  const orders = traces.map((trace) => topological(trace.outputs.map(({ value }) => value)));
  for (let k = 0; k < Math.max(...orders.map((o) => o.length)); k++) {
    const nodes = orders.map((order) => order[k]);
    const node = nodes[0];
    if (!node || nodes.some((other) => !other || !sameKind(node, other))) {
      const found = nodes.map((n) => n?.source?.kernel ?? n?.op ?? 'nothing').join(' and ');
      throw differentPaths(`step ${k} was ${found}`, symbols);
    }
    const attrs = mergeAttributes(nodes as Node[]);
    if (!attrs) throw differentPaths(`step ${k}, ${described(nodes as Node[])}`, symbols);
    const sizes: Record<string, Sizes> = {};
    for (const key of Object.keys(node.sizes)) sizes[key] = nodes.map((n) => n!.sizes[key]![0]!);
    const made = new Node(
      node.op,
      node.inputs.map((_, i) => lookup(nodes.map((n) => n!.inputs[i]!))),
      node.outputs.map(
        (output, i) =>
          new Value(
            output.dtype,
            nodes.map((n) => n!.outputs[i]!.shape),
          ),
      ),
      attrs,
      sizes,
      node.source,
      node.bodies && mergeBodies(nodes as Node[], symbols),
    );
    node.outputs.forEach((output, i) =>
      merged.set(output, { value: made.outputs[i]!, parts: nodes.map((n) => n!.outputs[i]!) }),
    );
  }

  const outputs = first.outputs.map(({ name }, i) => ({
    name,
    value: lookup(traces.map((t) => t.outputs[i]!.value)),
  }));
  return { inputs, outputs, nodes: topological(outputs.map(({ value }) => value)), symbols };
}

const mergeBodies = (nodes: readonly Node[], symbols: Witnesses): Record<string, Graph> =>
  Object.fromEntries(
    Object.keys(nodes[0]!.bodies!).map((name) => [
      name,
      merge(
        nodes.map((node) => node.bodies![name]!),
        symbols,
      ),
    ]),
  );

const differentPaths = (what: string, symbols: Witnesses): Error => {
  const sizes = Object.entries(symbols).map(([name, at]) => `${name} ${[...new Set(at)].join(', ')}`);
  return new Error(
    `The traced function took different paths: ${what}${sizes.length > 0 ? `, at ${sizes.join('; ')}` : ''}. ` +
      'What a graph computes may not depend on the size of its batch, on randomness or on time.',
  );
};

const sameKind = (a: Node, b: Node): boolean =>
  a.op === b.op &&
  a.source?.kernel === b.source?.kernel &&
  a.inputs.length === b.inputs.length &&
  Object.keys(a.sizes).every((key) => a.sizes[key]![0]!.length === b.sizes[key]?.[0]!.length);

/** Which attribute differs between traces, and how. */
function described([node, ...others]: readonly Node[]): string {
  const { op, source, attrs } = node!;
  for (const key of Object.keys(attrs)) {
    const other = others.find((o) => !sameAttribute(attrs[key], o.attrs[key]));
    if (other)
      return `${source?.kernel ?? op}, had ${key} ${String(attrs[key])} and ${String(other.attrs[key])}`;
  }
  return source?.kernel ?? op;
}

function constantOf(parts: readonly Value[], symbols: Witnesses): Value {
  if (parts.some((v) => !v.data)) {
    throw differentPaths('an op read one value the first time and another one the next', symbols);
  }
  const value = mergeConstant(parts);
  if (value) return value;
  throw new Error(
    `A constant of shape [${parts[0]!.shape.join(', ')}] came out different when the function was traced again: ` +
      'randomness or time inside a traced function would be frozen into the graph, and so would an array that was ' +
      'made for one size (a fraction of it). Make it an input of the function; what tf.randomNormal and the like draw may ' +
      "be one by itself, or be drawn by the graph: the option random, 'inputs' or 'generate'.",
  );
}
