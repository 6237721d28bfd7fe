import { countUses, topological, type Graph, type Node, type Value } from '../graph/graph.js';
import { product } from '../graph/sizes.js';
import { handOver } from './hand-over.js';

/** The beginnings of the names of what the graphs of a divided sum hand on. */
const PREPARED = ':prepared';
const PART = ':part';

/** A function whose outputs are summed over several inputs, as three graphs. */
export interface DividedSum {
  /** From the state to what is the same for all inputs; not there where nothing depends on the state alone. */
  readonly before?: Graph;
  /** From that and an input, and what is left of the state, to a part of the sum. */
  readonly each: Graph;
  /** From the sum of the parts to the sums of the outputs. */
  readonly after: Graph;
}

/** What only moves numbers about. */
const MOVES = new Set(['Reshape', 'Transpose', 'Concat', 'Slice', 'com.microsoft.nchwc:ReorderOutput']);

/**
 * Divides a graph so that what is the same for all inputs is computed once: what depends on the state alone, such as
 * weights in another layout, before them, and what is linear, such as the layout of the outputs, after them.
 *
 * @param state names of the inputs that are the same in every call
 * @throws Error if an output is not float32, or there is none
 */
export function divideSum(graph: Graph, state: ReadonlySet<string>): DividedSum {
  if (graph.outputs.length === 0) throw new Error('There is nothing to sum: the function has no outputs.');
  const other = graph.outputs.find(({ value }) => value.dtype !== 'float32');
  if (other) throw new Error(`Sums are of float32 outputs, and ${other.name} is ${other.value.dtype}.`);

  const before = ofStateAlone(graph, state);
  const after = linearAtTheEnd(graph, before.nodes);
  const parts = unique([
    ...graph.outputs.map(({ value }) => value),
    ...[...after.nodes].flatMap(({ inputs }) => inputs.filter((value) => !value.data)),
  ]).filter((value) => !after.makes(value));

  const inEach = topological(parts, (node) => !before.nodes.has(node));
  const prepared = unique([...parts, ...inEach.flatMap(({ inputs }) => inputs)]).filter(before.makes);

  const toEach = handOver(PREPARED, prepared);
  const toAfter = handOver(PART, parts);
  const sums = rebuild(
    graph.outputs.map(({ value }) => value),
    toAfter.received,
  );
  return {
    ...(prepared.length > 0 && {
      before: graphOf(graph.inputs.filter(before.makes), toEach.outputs(prepared)),
    }),
    each: graphOf(
      [...toEach.inputs, ...graph.inputs.filter((value) => !before.makes(value))],
      toAfter.outputs(rebuild(parts, toEach.received)),
    ),
    after: graphOf(
      toAfter.inputs,
      graph.outputs.map(({ name }, i) => ({ name, value: sums[i]! })),
    ),
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

/** The linear nodes from which all paths to the outputs are linear. */
function linearAtTheEnd(graph: Graph, before: ReadonlySet<Node>): Region {
  const left = countUses(graph);
  const use = (value: Value) => left.set(value, left.get(value)! - 1);
  graph.outputs.forEach(({ value }) => use(value));
  const found = new Set<Node>();
  for (const node of graph.nodes.toReversed()) {
    if (before.has(node) || !isLinear(node) || left.get(node.output) !== 0) continue;
    found.add(node);
    node.inputs.forEach(use);
  }
  const values = new Set([...found].map(({ output }) => output));
  return { nodes: found, makes: (value) => values.has(value) };
}

/** Whether a node may as well be applied to a sum: what it is given is not much more than what it gives. */
function isLinear({ op, inputs, output }: Node): boolean {
  const varying = inputs.filter((value) => !value.data);
  if (MOVES.has(op)) return varying.length === inputs.length;
  return op === 'MatMul' && varying.length === 1 && product(varying[0]!.shape) <= 2 * product(output.shape);
}

const unique = (values: readonly Value[]): Value[] => [...new Set(values)];

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

const graphOf = (inputs: Graph['inputs'], outputs: Graph['outputs']): Graph => ({
  inputs,
  outputs,
  nodes: topological(outputs.map(({ value }) => value)),
});
