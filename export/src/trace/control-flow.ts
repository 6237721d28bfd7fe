import * as tf from '@tensorflow/tfjs-core';
import { Value, topological, type Graph, type Node } from '../graph/graph.js';
import * as g from '../graph/ops.js';
import { here } from '../graph/source.js';
import { BACKEND_NAME, recordingBackend } from './backend.js';

export type Tensors = Readonly<Record<string, tf.Tensor>>;

/**
 * One function or the other, as a boolean scalar says: under a trace both are recorded, as the branches of ONNX's If.
 * Outside of one the chosen function runs. Both have to return tensors of the same names, types and shapes; no
 * gradient flows through a recorded branch.
 *
 * @throws Error if what they return differs
 */
export function ifElse<T extends Tensors>(condition: tf.Tensor, then: () => T, otherwise: () => T): T {
  if (tf.getBackend() !== BACKEND_NAME) return condition.dataSync()[0] ? then() : otherwise();
  const branch = record([], () => then());
  const other = record([], () => {
    const tensors = otherwise();
    checkSame(branch.tensors, tensors, 'The branches of ifElse return');
    // In the order of the other branch, whatever that of this one is.
    return Object.fromEntries(Object.keys(branch.tensors).map((name) => [name, tensors[name]!]));
  });
  const captures = [...new Set([...branch.captures, ...other.captures])];
  const outputs = g.withSource(here(), () =>
    g.emitMany(
      'If',
      [g.cast(recordingBackend().graphValue(condition), 'bool'), ...captures],
      branch.outputs.map(({ dtype, shapes }) => ({ dtype, shapes })),
      { captures: captures.length },
      {},
      { then_branch: close(branch, captures), else_branch: close(other, captures) },
    ),
  );
  return named(Object.keys(branch.tensors), outputs) as T;
}

/**
 * Runs `body` on tensors for as long as `condition` holds of them: under a trace recorded once, as ONNX's Loop, outside
 * of one as a loop. What `body` returns has to have the names, types and shapes of what it is given; no gradient flows
 * through a recorded loop.
 *
 * @param condition from the tensors to a boolean scalar
 * @throws Error if `body` returns other names, types or shapes
 */
export function whileLoop<T extends Tensors>(
  condition: (state: T) => tf.Tensor,
  body: (state: T) => T,
  initial: T,
): T {
  if (tf.getBackend() !== BACKEND_NAME) {
    let state = initial;
    while (condition(state).dataSync()[0]) state = body(state);
    return state;
  }
  const backend = recordingBackend();
  const names = Object.keys(initial);
  const start = names.map((name) => backend.graphValue(initial[name]!));
  const goesOn = (state: T) => g.cast(backend.graphValue(condition(state)), 'bool');
  const states = start.map(({ dtype, shape }) => new Value(dtype, [shape]));
  const formals = [new Value('int64', [[]]), new Value('bool', [[]]), ...states];
  const loop = record(formals, () => {
    const next = body(named(names, states) as T);
    checkSame(initial, next, 'The body of whileLoop turns', ' into');
    return {
      [GOES_ON]: tensorOf(goesOn(next)),
      // Names of one's own might be numbers, which an object lists first.
      ...Object.fromEntries(names.map((name, i) => [`next_${i}`, next[name]!])),
    };
  });
  const outputs = g.withSource(here(), () =>
    g.emitMany(
      'Loop',
      [
        g.constant('int64', [], BigInt64Array.of(2n ** 63n - 1n)),
        goesOn(initial),
        ...start,
        ...loop.captures,
      ],
      start.map(({ dtype, shapes }) => ({ dtype, shapes })),
      { captures: loop.captures.length },
      {},
      { body: close(loop, loop.captures) },
    ),
  );
  return named(names, outputs) as T;
}

const GOES_ON = 'goes on';

const tensorOf = (value: Value): tf.Tensor =>
  tf.engine().makeTensorFromTensorInfo(recordingBackend().tensorInfo(value));

const named = (names: readonly string[], values: readonly Value[]): Record<string, tf.Tensor> =>
  Object.fromEntries(names.map((name, i) => [name, tensorOf(values[i]!)]));

interface Recorded {
  readonly formals: readonly Value[];
  readonly nodes: ReadonlySet<Node>;
  readonly tensors: Tensors;
  readonly outputs: readonly Value[];
  /** What it reads of the graph around it. */
  readonly captures: readonly Value[];
}

/** Records a function as a graph of its own, without the gradient tape: its nodes are of no use outside. */
function record(formals: readonly Value[], run: () => Tensors): Recorded {
  const { state } = tf.engine();
  let tensors: Tensors = {};
  let nodes: ReadonlySet<Node>;
  // The tape is off inside a kernel.
  state.kernelDepth += 1;
  try {
    nodes = g.collectNodes(() => (tensors = run()));
  } finally {
    state.kernelDepth -= 1;
  }
  const outputs = Object.values(tensors).map((tensor) => recordingBackend().graphValue(tensor));
  const own = new Set(formals);
  const captures = new Set<Value>();
  const read = (value: Value) => {
    const outside = value.producer ? !nodes.has(value.producer) : !value.data && !own.has(value);
    if (outside) captures.add(value);
  };
  for (const node of topological(outputs, (n) => nodes.has(n))) node.inputs.forEach(read);
  outputs.forEach(read);
  return { formals, nodes, tensors, outputs, captures: [...captures] };
}

/** The graph of what was recorded, with inputs in place of what it reads from outside. */
function close({ formals, nodes, tensors, outputs }: Recorded, captures: readonly Value[]): Graph {
  const inputs = [...formals, ...captures.map(({ dtype, shapes }) => new Value(dtype, shapes))];
  inputs.forEach((input, i) => (input.name ??= i < formals.length ? `state_${i}` : `outer_${i}`));
  const current = new Map<Value, Value>(captures.map((value, i) => [value, inputs[formals.length + i]!]));
  const replaced = (value: Value) => current.get(value) ?? value;
  for (const node of topological(outputs, (n) => nodes.has(n))) {
    const made = node.withInputs(node.inputs.map(replaced));
    node.outputs.forEach((output, i) => current.set(output, made.outputs[i]!));
  }
  const results = outputs.map(replaced);
  return {
    inputs,
    outputs: Object.keys(tensors).map((name, i) => ({ name, value: results[i]! })),
    nodes: topological(results),
  };
}

function checkSame(expected: Tensors, found: Tensors, what: string, joint = ' and'): void {
  const described = (tensors: Tensors) =>
    Object.entries(tensors)
      .map(([name, { dtype, shape }]) => `${name} ${dtype} [${shape.join(', ')}]`)
      .sort()
      .join(', ');
  const [a, b] = [described(expected), described(found)];
  if (a !== b) throw new Error(`${what} ${a}${joint} ${b}: names, types and shapes have to be the same.`);
}
