import * as tf from '@tensorflow/tfjs-core';
import { withDataDependentSizes } from '../graph/data-dependent-size.js';
import { Value, topological, type DataType, type Graph } from '../graph/graph.js';
import { withLines } from '../graph/source.js';
import { BACKEND_NAME, recordingBackend } from './backend.js';
import { dataTypeOf } from './data-type.js';
import type { InputSpec } from './input-spec.js';
import { namingLayers, type LayersNamespace } from './naming-layers.js';
import { merge } from './merge.js';
import { RandomDraws, type Randomness } from './randomness.js';
import { MANY, candidates, countTraces, isAffine, type Witnesses } from './witnesses.js';

export type { InputSpec };

/** A function that can be traced: tensors by name to tensors by name, nothing but tfjs ops in between. */
export type TracedFunction = (inputs: Record<string, tf.Tensor>) => Record<string, tf.Tensor>;

export interface Trace {
  /** Inputs: the function's, then its random numbers where these are inputs, then one a variable. Outputs: the function's, then one an assigned variable. */
  readonly graph: Graph;
  /** The variables that the function read or assigned. */
  readonly variables: readonly TracedVariable[];
}

export interface TracedVariable {
  readonly variable: tf.Variable;
  readonly input: string;
  /** The graph output with the variable's new value, where the function assigned it. */
  readonly output?: string;
}

export interface TraceOptions {
  /** `constants` freezes variables at their present value; `state` makes each an input, and an output if assigned. */
  readonly variables?: 'constants' | 'state' | undefined;
  /** Names for tensors that enter the graph as constants; variables have their own. */
  readonly names?: Readonly<Record<string, tf.Tensor>> | undefined;
  /**
   * Takes weights as they are, without a copy, which is half the memory of a large model: for tensors whose numbers
   * nobody changes as long as the graph is there.
   */
  readonly shareWeights?: boolean | undefined;
  /** What becomes of random numbers that the function draws; they are refused by default. */
  readonly random?: Randomness | undefined;
  /**
   * TensorFlow.js's `tf.layers`: nodes are then named after the layers, those of a model within a model after both. Other
   * parts of a program are named by `inLayer`.
   */
  readonly layers?: LayersNamespace | undefined;
  /**
   * Whether each node keeps the line of the program that it comes from, as the name of a file without its folder and a
   * number; it takes time, and works where the files of TensorFlow.js are told from others by their paths, as in Node.
   */
  readonly lines?: boolean | undefined;
  /** The sizes to trace at, of symbols for which those that are chosen by themselves do not fit: at least three. */
  readonly sizes?: Witnesses | undefined;
}

/**
 * Records what `fn` computes as a graph. Dimensions with a name stay symbolic: the function is traced at several sizes
 * and the traces are laid over each other. Without any it is traced twice, so that randomness and time, which a graph
 * would freeze, are found out. Sizes other than those of the batch are multiples of 2, 4, 8 ... where the function
 * does not run at others.
 *
 * @throws Error if an op cannot be recorded, if the function reads a tensor's value, or if its constants differ from
 *   trace to trace without being sizes
 */
export function trace(
  fn: TracedFunction,
  inputs: Readonly<Record<string, InputSpec>>,
  options: TraceOptions = {},
): Trace {
  checkInputs(inputs);
  let first: Error | undefined;
  let last: string | undefined;
  for (const witnesses of candidates(inputs, options.sizes)) {
    try {
      return traceAt(fn, inputs, witnesses, options);
    } catch (error) {
      // One that has nothing to do with the sizes comes again at the next.
      if (!(error instanceof Error) || error.message === last) throw error;
      first ??= error;
      last = error.message;
    }
  }
  throw first!;
}

/** Traces the function at each of the sizes, and oftener where sizes depend on data. */
function traceAt(
  fn: TracedFunction,
  inputs: Readonly<Record<string, InputSpec>>,
  witnesses: Witnesses,
  options: TraceOptions,
): Trace {
  recordingBackend().reset();
  recordingBackend().shares = options.shareWeights ?? false;
  const traces: Trace[] = [];
  const traceTo = (count: number) => {
    while (traces.length < count) {
      const t = traces.length;
      const sizes = Object.fromEntries(Object.entries(witnesses).map(([name, at]) => [name, at[t]!]));
      let found = 0;
      const pick = (atMost?: number) => {
        count = MANY;
        return dataDependent(found++, t, atMost);
      };
      traces.push(withDataDependentSizes(pick, () => traceOnce(fn, inputs, sizes, t, options)));
    }
    const graphs = traces.map(({ graph }) => graph);
    const symbols = Object.entries(witnesses).map(([name, at]) => [name, at.slice(0, graphs.length)]);
    return merge(graphs, Object.fromEntries(symbols) as Witnesses);
  };
  let graph = traceTo(countTraces(inputs));
  if (traces.length < MANY && !isAffine(graph)) graph = traceTo(MANY);
  return { graph, variables: traces[0]!.variables };
}

/**
 * What stands for the k-th size that depends on data, in trace t: a number that no other size is likely to be, and larger
 * than most limits, so that the smaller of the two is the limit; but no larger than it can be.
 */
function dataDependent(k: number, t: number, atMost = Infinity): number {
  const offset = 7 * k + 11 * t + 5 * k * t + t * t;
  if (atMost >= 2074) return 2003 + (offset % 71);
  // Not the largest itself, where what is left to it would be empty.
  return atMost < 2 ? atMost : atMost - 1 - (offset % Math.min(71, atMost - 1));
}

function traceOnce(
  fn: TracedFunction,
  specs: Readonly<Record<string, InputSpec>>,
  sizes: Readonly<Record<string, number>>,
  index: number,
  { variables: mode = 'constants', names = {}, random = 'refuse', layers, lines = false }: TraceOptions,
): Trace {
  const backend = recordingBackend();
  const engine = tf.engine();
  const outer = currentBackend();
  if (outer === BACKEND_NAME)
    throw new Error('A traced function cannot itself trace or compile another one.');

  const registered = Object.values(engine.state.registeredVariables);
  // A second hold on each variable's data, since assigning a variable lets go of what it held.
  const held = registered.map((variable) => ({ variable, value: hold(variable), dataId: variable.dataId }));

  backend.resetTrace();
  const draws = (backend.draws = new RandomDraws(random, index));
  setBackend(BACKEND_NAME);
  engine.startScope('trace');
  const values: Value[] = [];
  const outputs: { name: string; value: Value }[] = [];
  const variables: TracedVariable[] = [];
  try {
    const tensors: Record<string, tf.Tensor> = {};
    for (const [name, spec] of Object.entries(specs)) {
      const value = named(
        spec.dtype,
        spec.shape.map((d) => (typeof d === 'string' ? sizes[d]! : d)),
        name,
      );
      values.push(value);
      tensors[name] = engine.makeTensorFromTensorInfo(backend.tensorInfo(value));
    }
    const states = new Map<tf.Variable, Value>();
    for (const { variable } of held) {
      if (mode === 'state') {
        const value = named(dataTypeOf(variable.dtype), variable.shape, variable.name);
        states.set(variable, value);
        backend.bind(variable, value);
      } else {
        backend.nameConstant(variable, variable.name);
      }
    }
    for (const [name, tensor] of Object.entries(names)) backend.nameConstant(tensor, name);

    const call = () => draws.during(() => callTraced(fn, tensors));
    const callNaming = () => (layers ? namingLayers(layers, call) : call());
    for (const [name, tensor] of Object.entries(lines ? withLines(callNaming) : callNaming()))
      outputs.push({ name, value: backend.graphValue(tensor) });

    const assigned = new Map<tf.Variable, Value>();
    for (const { variable, dataId } of held) {
      if (variable.dataId !== dataId) assigned.set(variable, backend.graphValue(variable));
    }
    if (mode === 'constants' && assigned.size > 0) {
      throw new Error(
        `The function assigns the variable ${[...assigned.keys()][0]!.name}, but an exported graph keeps no state: ` +
          'return the new value as an output, set the option variables to `state`, or compile the function.',
      );
    }
    values.push(...draws.inputs);
    const reached = valuesBehind([...outputs.map((o) => o.value), ...assigned.values()]);
    for (const [variable, value] of states) {
      const update = assigned.get(variable);
      if (!update && !reached.has(value)) continue;
      values.push(value);
      if (update) outputs.push({ name: `${variable.name}:next`, value: update });
      variables.push({ variable, input: variable.name, ...(update && { output: `${variable.name}:next` }) });
    }
    checkNames([...values.map(({ name }) => name!), ...outputs.map(({ name }) => name)]);
  } finally {
    for (const variable of Object.values(engine.state.registeredVariables)) {
      if (!registered.includes(variable)) variable.dispose();
    }
    delete backend.draws;
    engine.endScope();
    setBackend(outer);
    for (const { variable, value, dataId } of held) {
      if (variable.dataId !== dataId) variable.assign(value);
      value.dispose();
    }
  }
  return {
    graph: { inputs: values, outputs, nodes: topological(outputs.map(({ value }) => value)) },
    variables,
  };
}

/** A tensor of the same data, wherever that is: `clone` would have it read where it is of another backend. */
function hold(variable: tf.Variable): tf.Tensor {
  const engine = tf.engine();
  const { backend } = engine.state.tensorInfo.get(variable.dataId)!;
  backend.incRef(variable.dataId);
  return engine.makeTensorFromTensorInfo(variable, backend);
}

/** Calls the function and sees to it that what comes back are tensors by name. */
function callTraced(fn: TracedFunction, tensors: Record<string, tf.Tensor>): Record<string, tf.Tensor> {
  const before = new Set(Object.keys(tf.engine().state.registeredVariables));
  const asked = new Set<string>();
  const inputs = new Proxy(tensors, {
    get(target, name: string) {
      if (!(name in target)) asked.add(name);
      return target[name];
    },
  });
  let results: Record<string, tf.Tensor>;
  try {
    results = fn(inputs);
  } catch (error) {
    const missing = [...asked].join(', ');
    if (!missing || !(error instanceof Error)) throw error;
    const given = Object.keys(tensors).join(', ') || 'none';
    throw new Error(`${error.message} (It asked for the input ${missing}; its inputs are: ${given}.)`, {
      cause: error,
    });
  }
  const made = Object.keys(tf.engine().state.registeredVariables).find((name) => !before.has(name));
  if (made !== undefined) {
    throw new Error(
      `The traced function makes a variable (${made}), which would be made again in every call: make it outside, ` +
        'as an optimiser of tfjs does once it has taken a step.',
    );
  }
  if ((results as unknown) instanceof Promise)
    throw new Error('The traced function returns a promise: it has to be synchronous.');
  const names = Object.keys(results ?? {});
  const wrong = names.find((name) => !(results[name] instanceof tf.Tensor));
  if (names.length === 0 || wrong !== undefined) {
    throw new Error(
      `The traced function has to return tensors by name, for example { y }, but ${wrong ?? 'what it returned'} ` +
        'is none.',
    );
  }
  return results;
}

const SYMBOL = /^[A-Za-z_]\w*$/;

function checkInputs(inputs: Readonly<Record<string, InputSpec>>): void {
  for (const [name, { dtype, shape }] of Object.entries(inputs)) {
    if (!(['float32', 'int32', 'bool'] as string[]).includes(dtype))
      throw new Error(`The input ${name} is ${dtype}; expected float32, int32 or bool.`);
    if (!shape.every((d) => (typeof d === 'string' ? SYMBOL.test(d) : Number.isInteger(d) && d >= 0))) {
      throw new Error(
        `The input ${name} has shape [${shape.join(', ')}]; expected whole numbers, or names such as 'batch' for ` +
          'symbolic dimensions.',
      );
    }
  }
}

/** Inputs, variables and outputs are all names of one graph. */
function checkNames(names: readonly string[]): void {
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) {
    throw new Error(
      `Two of the function's inputs, outputs and variables are named ${twice}: rename one of them.`,
    );
  }
}

/** The name of the backend in use; where tfjs has not chosen one yet, it does so now. */
function currentBackend(): string {
  if (!tf.getBackend()) tf.backend();
  return tf.getBackend();
}

function named(dtype: DataType, shape: readonly number[], name: string): Value {
  const value = new Value(dtype, [shape]);
  value.name = name;
  return value;
}

/** Every value that has a part in the outputs. */
const valuesBehind = (outputs: readonly Value[]): Set<Value> =>
  new Set([...outputs, ...topological(outputs).flatMap((node) => node.inputs)]);

/** tf.setBackend is asynchronous in type only: a backend that is made synchronously is in place when it returns. */
function setBackend(name: string): void {
  void tf.setBackend(name);
}
