import { countUses, topological, Value, type Graph, type Node } from '../graph/graph.js';
import * as g from '../graph/ops.js';
import { product } from '../graph/sizes.js';

/** The names of the vectors that the graphs of a divided sum hand on. */
export const PREPARED = ':prepared';
export const PART = ':part';

/** A function whose outputs are summed over several inputs, as three graphs. */
export interface DividedSum {
  /** From the state to `PREPARED`, once for all inputs; not there where nothing depends on the state alone. */
  readonly before?: Graph;
  /** From `PREPARED` and an input, and what is left of the state, to `PART`. */
  readonly each: Graph;
  /** From the sum of `PART` to the sums of the outputs. */
  readonly after: Graph;
}

/** What only moves numbers about, and so may as well do it to a sum. */
const MOVES = new Set(['Reshape', 'Transpose', 'Concat', 'Slice', 'com.microsoft.nchwc:ReorderOutput']);

/**
 * Divides a graph so that what is the same for all inputs is computed once: what depends on the state alone, such as
 * weights in another layout, before them, and the layout of the outputs after them. What goes from one graph to the next is
 * one vector: a session takes hundreds of small tensors slowly.
 *
 * @param state names of the inputs that are the same in every call
 * @throws Error if an output is not float32, or there is none
 */
export function divideSum(graph: Graph, state: ReadonlySet<string>): DividedSum {
  if (graph.outputs.length === 0) throw new Error('There is nothing to sum: the function has no outputs.');
  const other = graph.outputs.find(({ value }) => value.dtype !== 'float32');
  if (other) throw new Error(`Sums are of float32 outputs, and ${other.name} is ${other.value.dtype}.`);

  const before = ofStateAlone(graph, state);
  const after = movesAtTheEnd(graph, before.nodes);
  const parts = unique([
    ...graph.outputs.map(({ value }) => value),
    ...[...after.nodes].flatMap(({ inputs }) => inputs),
  ]).filter((value) => !after.makes(value));

  const inEach = topological(parts, (node) => !before.nodes.has(node));
  const prepared = unique([...parts, ...inEach.flatMap(({ inputs }) => inputs)]).filter(before.makes);

  const whole = vector(PREPARED, prepared);
  const part = vector(PART, parts);
  const each: Graph = {
    ...graphOf(PART, join(rebuild(parts, pieces(whole, prepared)))),
    inputs: [
      ...(prepared.length > 0 ? [whole] : []),
      ...graph.inputs.filter((value) => !before.makes(value)),
    ],
  };
  const sums = rebuild(
    graph.outputs.map(({ value }) => value),
    pieces(part, parts),
  );
  const outputs = graph.outputs.map(({ name }, i) => ({ name, value: sums[i]! }));
  return {
    ...(prepared.length > 0 && {
      before: { ...graphOf(PREPARED, join(prepared)), inputs: graph.inputs.filter(before.makes) },
    }),
    each,
    after: { inputs: [part], outputs, nodes: topological(sums) },
  };
}

/** Some nodes of a graph, and what they make or are given. */
interface Region {
  readonly nodes: ReadonlySet<Node>;
  makes(value: Value): boolean;
}

/** The float32 state, and what is made of it and constants by nodes that give float32. */
function ofStateAlone({ inputs, nodes }: Graph, state: ReadonlySet<string>): Region {
  const values = new Set(inputs.filter(({ name, dtype }) => dtype === 'float32' && state.has(name!)));
  const found = new Set<Node>();
  for (const node of nodes) {
    const known = node.inputs.every((value) => value.data ?? values.has(value));
    if (!known || !node.inputs.some((value) => values.has(value))) continue;
    if (node.outputs.some(({ dtype }) => dtype !== 'float32')) continue;
    found.add(node);
    node.outputs.forEach((output) => values.add(output));
  }
  return { nodes: found, makes: (value) => values.has(value) };
}

/** The nodes that only move numbers about, up to the outputs. */
function movesAtTheEnd(graph: Graph, before: ReadonlySet<Node>): Region {
  const left = countUses(graph);
  const use = (value: Value) => left.set(value, left.get(value)! - 1);
  graph.outputs.forEach(({ value }) => use(value));
  const found = new Set<Node>();
  for (const node of graph.nodes.toReversed()) {
    const moves = MOVES.has(node.op) && !before.has(node) && node.inputs.every((value) => !value.data);
    if (!moves || left.get(node.output) !== 0) continue;
    found.add(node);
    node.inputs.forEach(use);
  }
  const values = new Set([...found].map(({ output }) => output));
  return { nodes: found, makes: (value) => values.has(value) };
}

const unique = (values: readonly Value[]): Value[] => [...new Set(values)];

const sizeOf = (value: Value): number => product(value.shape);

/** An input that holds the values one after the other. */
function vector(name: string, values: readonly Value[]): Value {
  const size = values.reduce((sum, value) => sum + sizeOf(value), 0);
  const input = new Value('float32', [[size]]);
  input.name = name;
  return input;
}

const join = (values: readonly Value[]): Value =>
  g.concat(
    values.map((value) => g.reshape(value, [[sizeOf(value)]])),
    0,
  );

/** What stands for each value in a graph that is given all of them in a vector. */
function pieces(input: Value, values: readonly Value[]): Map<Value, Value> {
  if (values.length === 0) return new Map();
  const parts = values.length === 1 ? [input] : g.split(input, [values.map(sizeOf)], 0);
  return new Map(values.map((value, i) => [value, g.reshape(parts[i]!, value.shapes)]));
}

/** What makes the values, with other values in the place of those `given`. */
function rebuild(values: readonly Value[], given: ReadonlyMap<Value, Value>): Value[] {
  const made = new Map(given);
  const current = (value: Value) => made.get(value) ?? value;
  for (const node of topological(values, ({ outputs }) => !outputs.some((output) => given.has(output)))) {
    const copy = node.withInputs(node.inputs.map(current));
    node.outputs.forEach((output, i) => {
      const value = copy.outputs[i]!;
      if (output.name !== undefined) value.name = output.name;
      made.set(output, value);
    });
  }
  return values.map(current);
}

const graphOf = (name: string, value: Value): Pick<Graph, 'outputs' | 'nodes'> => ({
  outputs: [{ name, value }],
  nodes: topological([value]),
});
