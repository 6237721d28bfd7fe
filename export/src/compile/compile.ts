import type { CreateSessionOptions, Provider, Session } from '@scorebridge/runtime';
import type * as tf from '@tensorflow/tfjs-core';
import { Tensor } from 'onnxruntime-common';
import type { Graph } from '../graph/graph.js';
import { fuseSums } from '../lower/cpu-blocked/fuse-sums.js';
import { shrinkUpsampledConvs } from '../lower/cpu-blocked/upsampled-conv.js';
import { tuneForCpu } from '../lower/cpu/index.js';
import { lower } from '../lower/lower.js';
import { loweringFor } from '../lower/lowering-for.js';
import { portable } from '../lower/portable/index.js';
import { fuseGroupVariance } from '../passes/fuse-group-variance.js';
import { fuseImages } from '../passes/fuse-images.js';
import { optimise } from '../passes/optimise.js';
import { trace, type InputSpec, type TracedFunction, type TracedVariable } from '../trace/trace.js';
import { ByShapes, keyOf } from './by-shapes.js';
import { findProvider } from './find-provider.js';
import type { HostTensor } from './host-tensor.js';
import { openGraph } from './open-graph.js';
import { State } from './state.js';
import { Sum } from './sum.js';

export interface CompileOptions extends CreateSessionOptions {
  /**
   * How operators are written out: `'auto'`, the default, in the form that is fastest on the provider, which on the cpu
   * is ONNX Runtime's blocked layout where a probe finds it; `'portable'` in standard ONNX, as in a file.
   */
  readonly lowering?: 'auto' | 'portable';
  /**
   * Random numbers that the function draws, as `tf.dropout` does: refused, which is the default, or drawn anew in every
   * run by ONNX Runtime.
   */
  readonly random?: 'refuse' | 'generate' | undefined;
  /** How many inputs `sum` takes at the same time on the cpu, each with its share of the threads; 1 by default. */
  readonly replicas?: number;
  /**
   * Whether the state may begin in the memory of the tfjs variables themselves rather than in a copy, as JAX's donated
   * arguments do: what they hold in tfjs is undefined from the first call on. No two of them may be of one tensor's memory.
   * `false` by default.
   */
  readonly donate?: boolean;
}

type Inputs = Readonly<Record<string, HostTensor>>;
type Outputs = Record<string, HostTensor>;

/** What one set of input shapes was compiled to, and what runs it. */
interface Program<Runner> {
  readonly runner: Runner;
  readonly outputs: readonly string[];
  readonly variables: readonly TracedVariable[];
}

/** A function as it is written for the provider. */
interface Traced {
  readonly lowered: Graph;
  readonly onCpu: boolean;
  readonly variables: readonly TracedVariable[];
}

/** What functions of one state share: the values of the variables, the order of all calls, the provider. */
class Shared {
  TensorClass: Session['Tensor'] = Tensor;
  readonly state: State;
  queue: Promise<unknown> = Promise.resolve();
  provider?: Promise<Provider>;

  constructor({ donate = false }: CompileOptions) {
    this.state = new State(() => this.TensorClass, donate);
  }
}

/**
 * A TensorFlow.js function that runs on ONNX Runtime: to tfjs what `jit` is to JAX. It is traced once for each set of
 * input shapes. The variables that it reads or assigns are its state, which stays with it between calls.
 */
export class CompiledFunction {
  private readonly sessions = new ByShapes<Program<Session>>();
  private readonly sums = new ByShapes<Program<Sum>>();
  private disposed = false;

  constructor(
    private readonly fn: TracedFunction,
    private readonly options: CompileOptions,
    private readonly shared = new Shared(options),
  ) {}

  /**
   * Another function, compiled with the same options, whose variables are the same state: what one of the two assigns,
   * the other reads. Calls of either run in the order in which they were made. Each is disposed of by itself.
   */
  sharing(fn: TracedFunction): CompiledFunction {
    return new CompiledFunction(fn, this.options, this.shared);
  }

  /**
   * Runs the function. Calls run one after the other, in the order in which they were made.
   *
   * @param inputs the function's inputs by name: float32, int32 or bool tensors in main memory
   * @returns the function's outputs by name
   * @throws Error if the function cannot be traced, or where ONNX Runtime fails; the state is then as before the call
   */
  run(inputs: Inputs): Promise<Outputs> {
    return this.enqueue(() => this.execute(inputs));
  }

  /**
   * The sums of what a function that assigns no variable gives for several inputs of the same names, types and shapes, such
   * as the gradients of the parts of a batch: `replicas` of them at the same time on the cpu in Node, each in a thread of its
   * own, elsewhere one after the other. All of them see the same state, and what depends on that alone is computed once.
   *
   * @returns the sums by name, added up in the order of the inputs; nothing for no inputs
   * @throws Error as `run` does, and if the function assigns a variable, has an output that is not float32, or if the inputs
   *   are not alike
   */
  sum(inputs: readonly Inputs[]): Promise<Outputs> {
    return this.enqueue(async () => {
      if (inputs.length === 0) return {};
      const { runner, variables } = await this.summed(specsOfEach(inputs), inputs.length);
      return runner.run(this.stateOf(variables), inputs);
    });
  }

  /** Traces, builds and loads what `run` will need for inputs of these shapes; says which provider runs it. */
  async prepare(inputs: Readonly<Record<string, InputSpec>>): Promise<Provider> {
    return (await this.session(inputs)).runner.provider;
  }

  /** A copy of a variable's value after the calls of `run` that were made so far. */
  readVariable(variable: tf.Variable): Promise<HostTensor> {
    return this.enqueue(() => {
      const { type, data, dims } = this.shared.state.read(variable);
      return new Tensor(type as 'float32', (data as Float32Array).slice(), dims);
    });
  }

  /**
   * Copies `value` into a variable, for the calls of `run` that are made from now on.
   *
   * @throws Error if its type or shape is not the variable's
   */
  writeVariable(variable: tf.Variable, value: HostTensor): Promise<void> {
    return this.enqueue(() => this.shared.state.write(variable, value));
  }

  /** Frees the sessions. The tfjs variables keep the values that they had before the first call, unless they were donated. */
  async dispose(): Promise<void> {
    this.disposed = true;
    await this.shared.queue;
    for (const { runner } of await this.sessions.drain()) await runner.session.release();
    for (const { runner } of await this.sums.drain()) await runner.release();
  }

  private enqueue<T>(task: () => T | Promise<T>): Promise<T> {
    const result = this.shared.queue.then(task);
    this.shared.queue = result.catch(() => undefined);
    return result;
  }

  private async execute(inputs: Inputs): Promise<Outputs> {
    const { runner, outputs, variables } = await this.session(specsOf(inputs));
    const feeds = { ...inputs, ...this.stateOf(variables) };
    const fetches: Record<string, HostTensor | null> = Object.fromEntries(
      outputs.map((name) => [name, null]),
    );
    for (const { variable, output } of variables)
      if (output !== undefined)
        fetches[output] = runner.fillsFetches ? this.shared.state.spare(variable) : null;
    const results = await runner.session.run(feeds, fetches);
    for (const { variable, output } of variables) {
      if (output !== undefined) this.shared.state.swap(variable, results[output]!);
    }
    return Object.fromEntries(outputs.map((name) => [name, results[name]!]));
  }

  private stateOf(variables: readonly TracedVariable[]): Outputs {
    return Object.fromEntries(
      variables.map(({ variable, input }) => [input, this.shared.state.read(variable)]),
    );
  }

  private session(specs: Readonly<Record<string, InputSpec>>): Promise<Program<Session>> {
    return this.sessions.get(specs, () =>
      this.build(specs, async ({ lowered }) => {
        const session = await openGraph(lowered, this.options);
        this.shared.TensorClass = session.Tensor;
        return session;
      }),
    );
  }

  private summed(specs: Readonly<Record<string, InputSpec>>, count: number): Promise<Program<Sum>> {
    return this.sums.get(specs, () =>
      this.build(specs, async ({ lowered, onCpu, variables }) => {
        expectPure(variables);
        const replicas = onCpu ? Math.min(this.options.replicas ?? 1, count) : 1;
        const state = new Set(variables.map(({ input }) => input));
        return Sum.start(lowered, state, { ...this.options, replicas });
      }),
    );
  }

  private async build<Runner>(
    specs: Readonly<Record<string, InputSpec>>,
    load: (traced: Traced) => Promise<Runner>,
  ): Promise<Program<Runner>> {
    if (this.disposed) throw new Error('This compiled function has been disposed of.');
    const { graph, variables } = trace(this.fn, specs, { variables: 'state', random: this.options.random });
    const { name } = await this.provider();
    const lowering = await loweringFor(name, this.options.lowering);
    const onCpu = name === 'cpu';
    // Elsewhere a transposed convolution is slower than what it would stand in for, and a variance is what it was.
    const shrunk =
      onCpu && lowering !== portable
        ? fuseGroupVariance(optimise(shrinkUpsampledConvs(optimise(graph))))
        : graph;
    const optimised = fuseSums(optimise(lower(fuseImages(shrunk), lowering)));
    const lowered = onCpu ? tuneForCpu(optimised) : optimised;
    const runner = await load({ lowered, onCpu, variables });
    const state = new Set(variables.map(({ output }) => output));
    const outputs = graph.outputs.map(({ name }) => name).filter((name) => !state.has(name));
    return { runner, outputs, variables };
  }

  private provider(): Promise<Provider> {
    return (this.shared.provider ??= findProvider(this.options));
  }
}

/** @throws Error unless calls of the function can be made in any order */
function expectPure(variables: readonly TracedVariable[]): void {
  const assigned = variables.find(({ output }) => output !== undefined);
  if (assigned)
    throw new Error(
      `A function that is summed over several inputs cannot assign a variable, as this one does ${assigned.variable.name}: call run for each of them.`,
    );
}

/** @throws Error unless all inputs are alike */
function specsOfEach(inputs: readonly Inputs[]): Record<string, InputSpec> {
  const specs = specsOf(inputs[0]!);
  const other = inputs.findIndex((part) => keyOf(specsOf(part)) !== keyOf(specs));
  if (other !== -1)
    throw new Error(
      `Sums are over inputs that are alike, and number ${other} has other names, types or shapes than number 0.`,
    );
  return specs;
}

const specsOf = (inputs: Inputs): Record<string, InputSpec> =>
  Object.fromEntries(Object.entries(inputs).map(([name, tensor]) => [name, specOf(name, tensor)]));

function specOf(name: string, tensor: HostTensor): InputSpec {
  if (!Array.isArray(tensor?.dims)) {
    throw new Error(
      `The input ${name} is no tensor; expected one of ONNX Runtime, made by new Tensor('float32', data, dims).`,
    );
  }
  return { dtype: tensor.type as InputSpec['dtype'], shape: tensor.dims };
}

/**
 * Compiles a function of tfjs ops: `compile(fn).run(inputs)` computes what `fn(inputs)` computes, on ONNX Runtime.
 * Nothing is traced before the first call, whose shapes are not known yet.
 */
export const compile = (fn: TracedFunction, options: CompileOptions = {}): CompiledFunction =>
  new CompiledFunction(fn, options);
