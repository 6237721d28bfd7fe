import {
  backend_util,
  engine,
  registerBackend,
  type BackendValues,
  type DataType as TfDataType,
  type KernelBackend,
  type TensorInfo,
} from '@tensorflow/tfjs-core';
import type { Data, Value } from '../graph/graph.js';
import { constant } from '../graph/ops.js';
import { dataTypeOf } from './data-type.js';
import { Complex, type Recorded } from './kernels/rule.js';
import { KnownValues, type KernelCall } from './known-values.js';
import type { RandomDraws } from './randomness.js';
import { RecordingBackend, arrayOf, registerRules, typedCopy, type DataId } from './recording-backend.js';

export const BACKEND_NAME = 'scorebridge-trace';

/**
 * The recording backend of a trace. Anything that tfjs runs under it becomes a graph, gradients included, since they are
 * made of ordinary ops.
 */
class TraceBackend extends RecordingBackend {
  /** The values of tensors of other backends: one copy for all the traces that are laid over each other. */
  private foreign = new WeakMap<DataId, Recorded>();
  private names = new Map<DataId, string>();
  /** What follows from constants alone, such as arithmetic on shapes, has values that can be read. */
  readonly known = new KnownValues();
  /** One array for all constants of as many equal numbers: each sum's gradient makes ones as large as an image. */
  private uniforms = new Map<string, Data>();

  /** Whether the numbers of tensors of other backends are taken as they are, without a copy. */
  shares = false;
  /** What becomes of random numbers in the trace that is running. */
  draws?: RandomDraws;

  /** Forgets everything, before a function is traced for the first time. */
  reset(): void {
    this.resetTrace();
    this.foreign = new WeakMap();
    this.names = new Map();
    this.uniforms = new Map();
  }

  /** Forgets the values of the trace before, but not the constants, before a function is traced again. */
  resetTrace(): void {
    this.dispose();
  }

  /** The name that a tensor of another backend will have if it enters the graph. */
  nameConstant(tensor: TensorInfo, name: string): void {
    this.names.set(tensor.dataId, name);
  }

  /** Lets a tensor of another backend stand for a value, in place of the constant that it would be. */
  bind(tensor: TensorInfo, value: Value): void {
    this.foreign.set(tensor.dataId, value);
  }

  /** The value of a tensor; one that another backend owns enters the graph as a constant. */
  override kernelValue(tensor: TensorInfo): Recorded {
    return (
      this.complexes.get(tensor.dataId) ??
      this.values.get(tensor.dataId) ??
      this.foreign.get(tensor.dataId) ??
      this.readForeign(tensor)
    );
  }

  override graphValue(tensor: TensorInfo): Value {
    const value = this.kernelValue(tensor);
    if (value instanceof Complex) {
      throw new Error(
        'A graph takes and gives no complex64 tensor: take it apart with tf.real and tf.imag, and put it together ' +
          'with tf.complex.',
      );
    }
    return value;
  }

  private readForeign({ dataId, dtype, shape }: TensorInfo): Recorded {
    // Through the engine, which asks the owner: tfjs's own data mover would take the data away from it.
    const data = engine().readSync(dataId as never);
    if (dtype === 'complex64') {
      const { real, imag } = backend_util.splitRealAndImagArrays(data as Float32Array);
      const value = new Complex(constant('float32', shape, real), constant('float32', shape, imag));
      this.foreign.set(dataId, value);
      return value;
    }
    const shared = this.shares && data instanceof arrayOf(dtype);
    const value = constant(dataTypeOf(dtype), shape, shared ? (data as Data) : typedCopy(data, dtype));
    const name = this.names.get(dataId);
    if (name !== undefined) value.name = name;
    this.foreign.set(dataId, value);
    return value;
  }

  override write(values: BackendValues, shape: number[], dtype: TfDataType): DataId {
    const drawn = dtype === 'float32' ? this.draws?.replace(values as Float32Array, shape) : undefined;
    return drawn ? this.tensorInfo(drawn).dataId : super.write(values, shape, dtype);
  }

  protected override copyOf(values: BackendValues, dtype: TfDataType): Data {
    const data = values as ArrayLike<number>;
    const first = data[0];
    for (let i = 0; i < data.length; i++) if (!Object.is(data[i], first)) return typedCopy(values, dtype);
    // String takes the sign off a negative zero.
    const key = [dtype, data.length, String(first), Object.is(first, -0)].join();
    const known = this.uniforms.get(key) ?? typedCopy(values, dtype);
    this.uniforms.set(key, known);
    return known;
  }

  override noteCall(call: KernelCall, made: Recorded | Recorded[]): void {
    this.known.remember(call, made);
  }

  override readSync(dataId: DataId): BackendValues {
    const value = this.values.get(dataId);
    const data = value && this.known.read(value);
    if (data) return data as BackendValues;
    throw new Error(
      'The traced function reads the value of a tensor (dataSync, arraySync, print, or an op that does), but a trace ' +
        'has no values: keep what depends on values inside tensor operations, for example tf.where.',
    );
  }

  override async read(dataId: DataId): Promise<BackendValues> {
    return this.readSync(dataId);
  }

  override incRef(dataId: DataId): void {
    // A tensor of another backend that meets an op here is counted where it lives.
    if (this.has(dataId)) super.incRef(dataId);
    else this.ownerOf(dataId)?.incRef(dataId);
  }

  override refCount(dataId: DataId): number {
    return this.has(dataId) ? super.refCount(dataId) : (this.ownerOf(dataId)?.refCount(dataId) ?? 0);
  }

  private ownerOf(dataId: DataId): KernelBackend | undefined {
    const owner = (engine() as unknown as EngineState).state.tensorInfo.get(dataId)?.backend;
    return owner === this ? undefined : owner;
  }

  override numDataIds(): number {
    return 0;
  }
}

interface EngineState {
  state: { tensorInfo: WeakMap<DataId, { backend: KernelBackend }> };
}

let backend: TraceBackend | undefined;

/** Registers the backend and its kernels with tfjs, once, on first use: importing this module changes nothing. */
export function recordingBackend(): TraceBackend {
  if (backend) return backend;
  const instance = new TraceBackend();
  registerBackend(BACKEND_NAME, () => instance, 0);
  registerRules(BACKEND_NAME);
  backend = instance;
  return instance;
}
