import type { Graph, Node, Value } from '../graph/graph.js';
import * as g from '../graph/ops.js';
import { mapSizes, sameSizes } from '../graph/sizes.js';
import { closedNodes, operandsOf } from './match.js';
import { isZero, matchGru, matchLstm, type Step } from './recurrent-step.js';
import { rewrite } from './rewrite.js';

/** One LSTM or GRU in place of the steps of a recurrent layer, which tfjs takes one by one. */
export function fuseRecurrent(graph: Graph): Graph {
  const layers = findLayers(graph);
  if (layers.length === 0) return graph;
  const made = new Map<Layer, Outputs>();
  return rewrite(graph, (node, _, current) => {
    const layer = layers.find(({ exits }) => node.outputs.some((v) => exits.has(v)));
    if (!layer) return undefined;
    if (!made.has(layer)) made.set(layer, emitLayer(layer, current));
    return node.outputs.map((output) => leave(made.get(layer)!, layer.exits.get(output)!, output));
  });
}

/** The last states, or those of all steps, [steps, batch, units] or [batch, steps, units]. */
type Exit = 'h' | 'c' | 'by time' | 'by batch';

interface Layer {
  readonly steps: readonly Step[];
  /** What is split over the steps, and along which axis. */
  readonly x: Value;
  readonly timeAxis: number;
  readonly exits: ReadonlyMap<Value, Exit>;
}

const sameOperands = (a: readonly Value[], b: readonly Value[]): boolean =>
  a.length === b.length && a.every((v, i) => v === b[i]);

/** Whether one step of a layer comes after another. */
const follows = (later: Step, earlier: Step): boolean =>
  later.cell === earlier.cell &&
  later.before.c === earlier.c &&
  later.kernel === earlier.kernel &&
  sameOperands(later.recurrent, earlier.recurrent) &&
  sameOperands(later.biases, earlier.biases) &&
  later.activations.join() === earlier.activations.join();

function findLayers(graph: Graph): Layer[] {
  const steps = new Map<Value, Step>();
  for (const node of graph.nodes) {
    const step = matchLstm(node) ?? matchGru(node);
    if (step) steps.set(step.h, step);
  }
  const earlier = (step: Step): Step | undefined => {
    const found = steps.get(step.before.h);
    return found && follows(step, found) ? found : undefined;
  };
  const inner = new Set([...steps.values()].map(earlier));
  const isClosed = closedNodes(graph);
  return [...steps.values()].flatMap((last) => {
    if (inner.has(last)) return [];
    const chain: Step[] = [];
    for (let step: Step | undefined = last; step; step = earlier(step)) chain.unshift(step);
    const layer = layerOf(graph, chain, isClosed);
    return layer ? [layer] : [];
  });
}

function layerOf(
  graph: Graph,
  steps: readonly Step[],
  isClosed: ReturnType<typeof closedNodes>,
): Layer | undefined {
  const split = steps[0]!.x.producer!;
  const timeAxis = split.attrs['axis'] as number;
  const inOrder = steps.length > 1 && sameOperands(split.outputs, steps.map(({ x }) => x)); // prettier-ignore
  const whole = split.inputs[0]!;
  const oneEach = split.outputs.every((v) => v.shape[timeAxis] === 1);
  if (!inOrder || whole.rank !== 3 || timeAxis > 1 || !oneEach || whole.dtype !== 'float32') return undefined;
  const last = steps.at(-1)!;
  const exits = new Map<Value, Exit>([[last.h, 'h']]);
  if (last.c) exits.set(last.c, 'c');
  const nodes = steps.flatMap((step) => step.nodes);
  for (const node of graph.nodes)
    if (joins(node, steps)) {
      exits.set(node.output, node.attrs['axis'] === 0 ? 'by time' : 'by batch');
      nodes.push(node, ...node.inputs.map((v) => v.producer!));
    }
  const before = Object.values(steps[0]!.before);
  const areStates = before.every((v) => sameSizes(v.shapes, last.h.shapes)) || before.every(isZero);
  return areStates && isClosed(nodes, [...exits.keys()]) ? { steps, x: whole, timeAxis, exits } : undefined;
}

/** Whether a node joins the states of all steps along a new axis, the first or the second. */
const joins = ({ op, inputs, attrs, output }: Node, steps: readonly Step[]): boolean =>
  op === 'Concat' &&
  output.rank === 3 &&
  (attrs['axis'] as number) < 2 &&
  inputs.length === steps.length &&
  inputs.every(
    (v, t) => v.shape[attrs['axis'] as number] === 1 && operandsOf(v, 'Reshape')[0] === steps[t]!.h,
  );

/** ONNX's order of the gates, in those of tfjs: i, o, f, c of i, f, c, o; and z, r, h. */
const GATES = { LSTM: [0, 3, 1, 2], GRU: [0, 1, 2] } as const;

interface Outputs {
  /** [steps, 1, batch, units] */
  readonly sequence: Value;
  /** [1, batch, units] */
  readonly h: Value;
  readonly c?: Value;
}

function emitLayer({ steps, x, timeAxis }: Layer, current: (v: Value) => Value): Outputs {
  const [first] = steps as [Step];
  const { cell, h, activations } = first;
  const units = h.shape.at(-1)!;
  const gates = GATES[cell];
  const byTime = timeAxis === 0 ? current(x) : g.transpose(current(x), [1, 0, 2]);
  const kernel = gateRows(columns([current(first.kernel)]), gates, units);
  const recurrent = gateRows(columns(first.recurrent.map(current)), gates, units);
  const vectors = first.biases.map((v) => flat(current(v)));
  const operands = [byTime, kernel, recurrent];
  const witnesses = h.shapes.length;
  const states = [first.before.h, ...(first.before.c ? [first.before.c] : [])].map(current);
  const isFromZero = states.every(isZero);
  if (vectors.length > 0 || !isFromZero) {
    const length = gates.length * units;
    const none = g.constant('float32', [length], new Float32Array(length), witnesses);
    const bias = vectors.length > 0 ? vectors.reduce((a, b) => g.add(a, b)) : none;
    const ordered = gateRows(g.reshape(bias, g.repeat([length, 1], witnesses)), gates, units);
    const row = (value: Value) => g.reshape(value, g.repeat([1, length], witnesses));
    operands.push(g.concat([row(ordered), row(none)], 1));
  }
  const shape = mapSizes(byTime.shapes, ([length, batch]) => [length!, 1, batch!, units]);
  const state = mapSizes(shape, (s) => s.slice(1));
  if (!isFromZero) operands.push(...states.map((v) => g.reshape(v, state)));
  const { dtype } = h;
  const [sequence, last, cells] = g.emitMany(
    cell,
    operands,
    [{ dtype, shapes: shape }, ...states.map(() => ({ dtype, shapes: state }))],
    { hidden_size: units, activations },
  );
  return { sequence: sequence!, h: last!, ...(cells && { c: cells }) };
}

const flat = (value: Value): Value =>
  g.reshape(
    value,
    mapSizes(value.shapes, (s) => [s.at(-1)!]),
  );

/** Weights [inputs, gates * units], which may come in parts, as rows. */
const columns = (parts: readonly Value[]): Value =>
  g.transpose(g.concat(parts.map((v) => g.reshape(v, mapSizes(v.shapes, (s) => s.slice(-2)))), 1), [1, 0]); // prettier-ignore

/** Rows [gates * units, n] in ONNX's order of the gates, as [1, gates * units, n]. */
function gateRows(rows: Value, order: readonly number[], units: number): Value {
  const parts = g.split(
    rows,
    mapSizes(rows.shapes, () => order.map(() => units)),
    0,
  );
  const ordered = order.some((from, to) => from !== to)
    ? g.concat(
        order.map((k) => parts[k]!),
        0,
      )
    : rows;
  return g.reshape(
    ordered,
    mapSizes(rows.shapes, (s) => [1, ...s]),
  );
}

function leave({ sequence, h, c }: Outputs, exit: Exit, as: Value): Value {
  if (exit === 'h' || exit === 'c') return g.reshape(exit === 'h' ? h : c!, as.shapes);
  const joined = g.reshape(
    sequence,
    mapSizes(sequence.shapes, ([length, , batch, units]) => [length!, batch!, units!]),
  );
  return exit === 'by time' ? joined : g.transpose(joined, [1, 0, 2]);
}
