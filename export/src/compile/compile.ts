import { createSession, type CreateSessionOptions, type Provider, type Session } from '@scorebridge/runtime';
import type * as tf from '@tensorflow/tfjs-core';
import { Tensor } from 'onnxruntime-common';
import { Value } from '../graph/graph.js';
import { lower } from '../lower/lower.js';
import { loweringFor } from '../lower/lowering-for.js';
import { writeOnnx } from '../onnx/write.js';
import { fuseImages } from '../passes/fuse-images.js';
import { optimise } from '../passes/optimise.js';
import { trace, type InputSpec, type TracedFunction, type TracedVariable } from '../trace/trace.js';
import type { HostTensor } from './host-tensor.js';
import { State } from './state.js';

export interface CompileOptions extends CreateSessionOptions {
  /**
   * How operators are written out: `'auto'`, the default, in the form that is fastest on the provider, which on the cpu
   * is ONNX Runtime's blocked layout where a probe finds it; `'portable'` in standard ONNX, as in a file.
   */
  readonly lowering?: 'auto' | 'portable';
}

/** What one set of input shapes was compiled to. */
interface Program {
  readonly session: Session;
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
  private readonly programs = new Map<string, Promise<Program>>();
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
  run(inputs: Readonly<Record<string, HostTensor>>): Promise<Record<string, HostTensor>> {
    return this.enqueue(() => this.execute(inputs));
  }

  /** Traces, builds and loads what `run` will need for inputs of these shapes; says which provider runs it. */
  async prepare(inputs: Readonly<Record<string, InputSpec>>): Promise<Provider> {
    return (await this.program(inputs)).session.provider;
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
    const programs = await Promise.allSettled(this.programs.values());
    this.programs.clear();
    for (const program of programs)
      if (program.status === 'fulfilled') await program.value.session.session.release();
  }

  private enqueue<T>(task: () => T | Promise<T>): Promise<T> {
    const result = this.shared.queue.then(task);
    this.shared.queue = result.catch(() => undefined);
    return result;
  }

  private async execute(inputs: Readonly<Record<string, HostTensor>>): Promise<Record<string, HostTensor>> {
    const specs: Record<string, InputSpec> = {};
    for (const [name, tensor] of Object.entries(inputs)) specs[name] = specOf(name, tensor);
    const { session, outputs, variables } = await this.program(specs);

    const feeds: Record<string, HostTensor> = { ...inputs };
    const fetches: Record<string, HostTensor | null> = Object.fromEntries(
      outputs.map((name) => [name, null]),
    );
    for (const { variable, input, output } of variables) {
      feeds[input] = this.shared.state.read(variable);
      if (output !== undefined)
        fetches[output] = session.fillsFetches ? this.shared.state.spare(variable) : null;
    }
    const results = await session.session.run(feeds, fetches);
    for (const { variable, output } of variables) {
      if (output !== undefined) this.shared.state.swap(variable, results[output]!);
    }
    return Object.fromEntries(outputs.map((name) => [name, results[name]!]));
  }

  private program(specs: Readonly<Record<string, InputSpec>>): Promise<Program> {
    if (this.disposed) throw new Error('This compiled function has been disposed of.');
    const key = JSON.stringify(Object.entries(specs).sort(([a], [b]) => (a < b ? -1 : 1)));
    let program = this.programs.get(key);
    if (!program) {
      program = this.build(specs);
      this.programs.set(key, program);
      // A failure is not kept: the next call may find what was missing.
      program.catch(() => this.programs.delete(key));
    }
    return program;
  }

  private async build(specs: Readonly<Record<string, InputSpec>>): Promise<Program> {
    const { graph, variables } = trace(this.fn, specs, { variables: 'state' });
    const { name } = await (this.shared.provider ??= findProvider(this.options));
    const lowered = optimise(lower(fuseImages(graph), await loweringFor(name, this.options.lowering)));
    const session = await createSession(writeOnnx(lowered).model, this.options);
    this.shared.TensorClass = session.Tensor;
    const state = new Set(variables.map(({ output }) => output));
    const outputs = graph.outputs.map(({ name }) => name).filter((name) => !state.has(name));
    return { session, outputs, variables };
  }
}

/** The provider that a session with these options gets: the lowering has to be chosen before the session is made. */
async function findProvider(options: CompileOptions): Promise<Provider> {
  const x = new Value('float32', [[1]]);
  x.name = 'x';
  const { model } = writeOnnx({ inputs: [x], outputs: [{ name: 'y', value: x }], nodes: [] });
  const { session, provider } = await createSession(model, options);
  await session.release();
  return provider;
}

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
