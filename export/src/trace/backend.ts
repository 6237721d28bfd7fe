import {
  KernelBackend,
  engine,
  registerBackend,
  registerKernel,
  type BackendValues,
  type DataType as TfDataType,
  type KernelConfig,
  type NamedAttrMap,
  type TensorInfo,
} from '@tensorflow/tfjs-core';
import type { Value } from '../graph/graph.js';
import { type Data } from '../graph/graph.js';
import { constant, withSource } from '../graph/ops.js';
import { dataTypeOf } from './data-type.js';
import { kernels } from './kernels/index.js';
import { registerRefusals } from './refusals.js';

export const BACKEND_NAME = 'scorebridge-trace';

type DataId = object;

/**
 * A tfjs backend whose kernels record instead of compute: a data id stands for a value of the graph. Anything that
 * tfjs runs under it becomes a graph, gradients included, since they are made of ordinary ops.
 */
class RecordingBackend extends KernelBackend {
  /** The values of tensors that were made here, in the trace that is running. */
  private values = new WeakMap<DataId, Value>();
  /** The values of tensors of other backends: one copy for all the traces that are laid over each other. */
  private foreign = new WeakMap<DataId, Value>();
  private names = new Map<DataId, string>();
  /** One array for all constants of as many equal numbers: each sum's gradient makes ones as large as an image. */
  private uniforms = new Map<string, Data>();
  /** How many tensors refer to data that was made here, where it is not one. */
  private readonly references = new WeakMap<DataId, number>();

  /** Forgets everything, before a function is traced for the first time. */
  reset(): void {
    this.values = new WeakMap();
    this.foreign = new WeakMap();
    this.names = new Map();
    this.uniforms = new Map();
  }

  /** Forgets the values of the trace before, but not the constants, before a function is traced again. */
  resetTrace(): void {
    this.values = new WeakMap();
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
  graphValue(tensor: TensorInfo): Value {
    return this.values.get(tensor.dataId) ?? this.foreign.get(tensor.dataId) ?? this.readForeign(tensor);
  }

  private readForeign({ dataId, dtype, shape }: TensorInfo): Value {
    // Through the engine, which asks the owner: tfjs's own data mover would take the data away from it.
    const data = engine().readSync(dataId as never);
    const value = constant(dataTypeOf(dtype), shape, typedCopy(data, dtype));
    const name = this.names.get(dataId);
    if (name !== undefined) value.name = name;
    this.foreign.set(dataId, value);
    return value;
  }

  /** A fresh tensor for a value: never the caller's own, or tfjs's tape counts its gradient twice. */
  tensorInfo(value: Value): TensorInfo {
    const dataId = {};
    this.values.set(dataId, value);
    return { dataId, shape: [...value.shape], dtype: value.dtype as TfDataType };
  }

  override write(values: BackendValues, shape: number[], dtype: TfDataType): DataId {
    const dataId = {};
    this.values.set(dataId, constant(dataTypeOf(dtype), shape, this.copyOf(values, dtype)));
    return dataId;
  }

  private copyOf(values: BackendValues, dtype: TfDataType): Data {
    const data = values as ArrayLike<number>;
    const first = data[0];
    for (let i = 0; i < data.length; i++) if (!Object.is(data[i], first)) return typedCopy(values, dtype);
    // String takes the sign off a negative zero.
    const key = [dtype, data.length, String(first), Object.is(first, -0)].join();
    const known = this.uniforms.get(key) ?? typedCopy(values, dtype);
    this.uniforms.set(key, known);
    return known;
  }

  override readSync(dataId: DataId): BackendValues {
    const value = this.values.get(dataId);
    if (value?.data && value.dtype !== 'int64') return value.data as BackendValues;
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
    if (this.values.has(dataId)) this.references.set(dataId, this.refCount(dataId) + 1);
    else ownerOf(dataId)?.incRef(dataId);
  }

  override refCount(dataId: DataId): number {
    return this.values.has(dataId)
      ? (this.references.get(dataId) ?? 1)
      : (ownerOf(dataId)?.refCount(dataId) ?? 0);
  }

  /** Whether nothing refers to the data any more: a variable shares that of the tensor it was assigned. */
  override disposeData(dataId: DataId): boolean {
    const left = (this.references.get(dataId) ?? 1) - 1;
    this.references.set(dataId, left);
    return left <= 0;
  }

  override numDataIds(): number {
    return 0;
  }

  override floatPrecision(): 16 | 32 {
    return 32;
  }

  override epsilon(): number {
    return 1e-7;
  }
}

interface EngineState {
  state: { tensorInfo: WeakMap<DataId, { backend: KernelBackend }> };
}

const ownerOf = (dataId: DataId): KernelBackend | undefined => {
  const owner = (engine() as unknown as EngineState).state.tensorInfo.get(dataId)?.backend;
  return owner instanceof RecordingBackend ? undefined : owner;
};

function typedCopy(values: BackendValues, dtype: TfDataType): Data {
  const Type = dtype === 'float32' ? Float32Array : dtype === 'int32' ? Int32Array : Uint8Array;
  // A copy: what the caller later writes into its array must not reach the graph.
  return Type.from(values as ArrayLike<number>);
}

let backend: RecordingBackend | undefined;

/** Registers the backend and its kernels with tfjs, once, on first use: importing this module changes nothing. */
export function recordingBackend(): RecordingBackend {
  if (backend) return backend;
  const instance = new RecordingBackend();
  registerBackend(BACKEND_NAME, () => instance, 0);
  for (const [kernelName, rule] of Object.entries(kernels)) {
    registerKernel({
      kernelName,
      backendName: BACKEND_NAME,
      kernelFunc: ({ inputs, attrs }: { inputs: object; attrs?: NamedAttrMap }) => {
        const values: Record<string, Value> = {};
        for (const [name, tensor] of Object.entries(inputs as Record<string, TensorInfo | null>)) {
          if (tensor) values[name] = instance.graphValue(tensor);
        }
        const made = withSource(kernelName, () => rule(values, attrs ?? {}));
        return Array.isArray(made) ? made.map((v) => instance.tensorInfo(v)) : instance.tensorInfo(made);
      },
    } as KernelConfig);
  }
  registerRefusals(BACKEND_NAME, Object.keys(kernels));
  backend = instance;
  return instance;
}
