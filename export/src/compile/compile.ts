import { createSession, type CreateSessionOptions, type Provider, type Session } from '@scorebridge/runtime';
import type * as tf from '@tensorflow/tfjs-core';
import { Tensor } from 'onnxruntime-common';
import { fuseSums } from '../lower/cpu-blocked/fuse-sums.js';
import { shrinkUpsampledConvs } from '../lower/cpu-blocked/upsampled-conv.js';
import { lower } from '../lower/lower.js';
import { loweringFor } from '../lower/lowering-for.js';
import { portable } from '../lower/portable/index.js';
import { writeOnnx } from '../onnx/write.js';
import { fuseImages } from '../passes/fuse-images.js';
import { optimise } from '../passes/optimise.js';
import { trace, type InputSpec, type TracedFunction, type TracedVariable } from '../trace/trace.js';
import { ByShapes } from './by-shapes.js';
import { findProvider } from './find-provider.js';
import type { HostTensor } from './host-tensor.js';
import { Replicas } from './replicas.js';
import { State } from './state.js';

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
  /** How many calls `runEach` makes at the same time on the cpu, each with its share of the threads; 1 by default. */
  readonly replicas?: number;
}

type Inputs = Readonly<Record<string, HostTensor>>;
type Outputs = Record<string, HostTensor>;

/** What one set of input shapes was compiled to, and what runs it. */
interface Program<Runner> {
  readonly runner: Runner;
  readonly outputs: readonly string[];
  readonly variables: readonly TracedVariable[];
}

/** What functions of one state share: the values of the variables, the order of all calls, the provider. */
class Shared {
  TensorClass: Session['Tensor'] = Tensor;
  readonly state = new State(() => this.TensorClass);
  queue: Promise<unknown> = Promise.resolve();
  provider?: Promise<Provider>;
}

/**
 * A TensorFlow.js function that runs on ONNX Runtime: to tfjs what `jit` is to JAX. It is traced once for each set of
 * input shapes. The variables that it reads or assigns are its state, which stays with it between calls.
 */
export class CompiledFunction {
  private readonly sessions = new ByShapes<Program<Session>>();
  private readonly replicas = new ByShapes<Program<Replicas>>();
  private disposed = false;

  constructor(
    private readonly fn: TracedFunction,
    private readonly options: CompileOptions,
    private readonly shared = new Shared(),
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
   * Runs a function that assigns no variable on each of several inputs, `replicas` of them at the same time on the cpu in
   * Node, each in a thread of its own; elsewhere one after the other. All of them see the same state.
   *
   * @returns the outputs of each, in order
   * @throws Error as `run` does, and if the function assigns a variable
   */
  runEach(inputs: readonly Inputs[]): Promise<Outputs[]> {
    return this.enqueue(async () => {
      const { name } = await this.provider();
      const count = Math.min(this.options.replicas ?? 1, inputs.length);
      if (name === 'cpu' && count > 1)
        return Promise.all(inputs.map((part) => this.executeOnReplica(part, count)));
      const outputs: Outputs[] = [];
      for (const part of inputs) {
        expectPure(await this.session(specsOf(part)));
        outputs.push(await this.execute(part));
      }
      return outputs;
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

  /** Frees the sessions. The tfjs variables keep the values that they had before the first call. */
  async dispose(): Promise<void> {
    this.disposed = true;
    await this.shared.queue;
    for (const { runner } of await this.sessions.drain()) await runner.session.release();
    for (const { runner } of await this.replicas.drain()) await runner.release();
  }

  private enqueue<T>(task: () => T | Promise<T>): Promise<T> {
    const result = this.shared.queue.then(task);
    this.shared.queue = result.catch(() => undefined);
    return result;
  }

  private async execute(inputs: Inputs): Promise<Outputs> {
    const { runner, outputs, variables } = await this.session(specsOf(inputs));
    const feeds = this.withState(inputs, variables);
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

  private async executeOnReplica(inputs: Inputs, count: number): Promise<Outputs> {
    const { runner, variables } = await this.replica(specsOf(inputs), count);
    return runner.run(this.withState(inputs, variables));
  }

  private withState(inputs: Inputs, variables: readonly TracedVariable[]): Outputs {
    const state = variables.map(({ variable, input }) => [input, this.shared.state.read(variable)] as const);
    return { ...inputs, ...Object.fromEntries(state) };
  }

  private session(specs: Readonly<Record<string, InputSpec>>): Promise<Program<Session>> {
    return this.sessions.get(specs, () =>
      this.build(specs, async (model) => {
        const session = await createSession(model, this.options);
        this.shared.TensorClass = session.Tensor;
        return session;
      }),
    );
  }

  private replica(specs: Readonly<Record<string, InputSpec>>, count: number): Promise<Program<Replicas>> {
    const { threads = count, sessionOptions } = this.options;
    const share = { provider: 'cpu', threads: Math.max(1, Math.floor(threads / count)) } as const;
    return this.replicas.get(specs, () =>
      this.build(
        specs,
        (model) =>
          Replicas.start(model, count, {
            ...share,
            sessionOptions: { enableMemPattern: false, ...sessionOptions },
          }),
        expectPure,
      ),
    );
  }

  private async build<Runner>(
    specs: Readonly<Record<string, InputSpec>>,
    load: (model: Uint8Array) => Promise<Runner>,
    check: (traced: Pick<Program<Runner>, 'variables'>) => void = () => undefined,
  ): Promise<Program<Runner>> {
    if (this.disposed) throw new Error('This compiled function has been disposed of.');
    const { graph, variables } = trace(this.fn, specs, { variables: 'state', random: this.options.random });
    check({ variables });
    const { name } = await this.provider();
    const lowering = await loweringFor(name, this.options.lowering);
    // Elsewhere a transposed convolution is slower than what it would stand in for.
    const isBlocked = name === 'cpu' && lowering !== portable;
    const shrunk = isBlocked ? shrinkUpsampledConvs(optimise(graph)) : graph;
    const lowered = fuseSums(optimise(lower(fuseImages(shrunk), lowering)));
    const runner = await load(writeOnnx(lowered, { sources: false }).model);
    const state = new Set(variables.map(({ output }) => output));
    const outputs = graph.outputs.map(({ name }) => name).filter((name) => !state.has(name));
    return { runner, outputs, variables };
  }

  private provider(): Promise<Provider> {
    return (this.shared.provider ??= findProvider(this.options));
  }
}

/** @throws Error unless calls of the function can be made at the same time */
function expectPure({ variables }: Pick<Program<unknown>, 'variables'>): void {
  const assigned = variables.find(({ output }) => output !== undefined);
  if (assigned)
    throw new Error(
      `A function that is run on several inputs at once cannot assign a variable, as this one does ${assigned.variable.name}: call run for each of them.`,
    );
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
