import { Node, Value, topological, type Attribute, type Data, type Graph } from '../graph/graph.js';
import * as g from '../graph/ops.js';
import { isFixed, type Sizes } from '../graph/sizes.js';

/**
 * Lays traces of one function over each other: one graph, whose sizes hold what each trace measured. A constant that
 * differs between the traces is a function of the batch size or it is an error: randomness or time, which a graph
 * would freeze.
 *
 * @param batch the batch size of each trace; all the same where one size was traced twice to find randomness
 */
export function merge(traces: readonly Graph[], batch: readonly number[]): Graph {
  const first = traces[0]!;
  const signatures = traces.map((t) =>
    [...t.inputs.map((v) => v.name!), 'to', ...t.outputs.map(({ name }) => name)].join(', '),
  );
  const other = signatures.find((signature) => signature !== signatures[0]);
  if (other !== undefined)
    throw differentPaths(`it led from ${signatures[0]} the first time and from ${other} another time`, batch);

  // What each trace has in the place of a merged value: the traces must not only do the same, but to the same.
  const merged = new Map<Value, { readonly value: Value; readonly parts: readonly Value[] }>();
  const lookup = (parts: readonly Value[]): Value => {
    const known = merged.get(parts[0]!);
    if (known && known.parts.every((part, t) => part === parts[t])) return known.value;
    const value = mergeConstant(parts, batch);
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
      const found = nodes.map((n) => n?.source ?? n?.op ?? 'nothing').join(' and ');
      throw differentPaths(`step ${k} was ${found}`, batch);
    }
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
      node.attrs,
      sizes,
      node.source,
    );
    node.outputs.forEach((output, i) =>
      merged.set(output, { value: made.outputs[i]!, parts: nodes.map((n) => n!.outputs[i]!) }),
    );
  }

  const outputs = first.outputs.map(({ name }, i) => ({
    name,
    value: lookup(traces.map((t) => t.outputs[i]!.value)),
  }));
  return { inputs, outputs, nodes: topological(outputs.map(({ value }) => value)), batch };
}

const differentPaths = (what: string, batch: readonly number[]): Error =>
  new Error(
    `The traced function took different paths: ${what}, at batch sizes ${batch.join(' and ')}. ` +
      'What a graph computes may not depend on its batch size, on randomness or on time.',
  );

const sameAttribute = (a: Attribute | undefined, b: Attribute | undefined): boolean =>
  Array.isArray(a) && Array.isArray(b)
    ? a.length === b.length && a.every((v, i) => v === b[i])
    : Object.is(a, b);

const sameKind = (a: Node, b: Node): boolean =>
  a.op === b.op &&
  a.source === b.source &&
  a.inputs.length === b.inputs.length &&
  Object.keys(a.attrs).every((key) => sameAttribute(a.attrs[key], b.attrs[key]));

const sameData = (a: Data, b: Data): boolean => {
  if (a === b) return true;
  if (a.length !== b.length) return false;
  // Object.is, so that two NaN are the same.
  for (let i = 0; i < a.length; i++) if (!Object.is(a[i], b[i])) return false;
  return true;
};

const uniform = (data: Data): number | undefined => {
  const value = data[0];
  for (const other of data) if (!Object.is(other, value)) return undefined;
  return value === undefined ? undefined : Number(value);
};

function mergeConstant(values: readonly Value[], batch: readonly number[]): Value {
  const { dtype, data } = values[0]!;
  const shapes = values.map((v) => v.shape);
  if (!data || values.some((v) => !v.data)) {
    throw differentPaths('an op read one value the first time and another one the next', batch);
  }
  const numbers = values.map((v) => uniform(v.data!));
  if (isFixed(shapes) && values.every((v) => sameData(data, v.data!))) {
    // tf.ones and tf.zeros come as arrays; as one number, spread, they cost nothing and passes see through them.
    return numbers[0] === undefined || data.length === 1 || values[0]!.name !== undefined
      ? new Value(dtype, shapes, data)
      : g.expand(g.constant(dtype, [], [numbers[0]], batch.length), shapes);
  }

  if (numbers.every((n) => n !== undefined)) {
    const spread = (value: Value) => g.expand(value, shapes);
    if (numbers.every((n) => Object.is(n, numbers[0]))) {
      return spread(g.constant(dtype, [], [numbers[0]!], batch.length));
    }
    // A number that follows the batch size, such as the count that a mean divides by.
    if (numbers.every((n) => Number.isInteger(n)) && !isFixed(batch.map((b) => [b]))) {
      const size = { dtype, shapes: shapes.map(() => []) };
      return spread(g.emit('Size', [], size, {}, { value: numbers.map((n) => [n!]) }));
    }
  }
  throw new Error(
    `A constant of shape [${shapes[0]!.join(', ')}] came out different when the function was traced again: ` +
      'randomness or time inside a traced function would be frozen into the graph, and so would an array that was ' +
      'made for one batch size (tf.range over it, a fraction of it). Make it an input of the function.',
  );
}
