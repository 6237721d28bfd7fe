import {
  KernelBackend,
  getKernel,
  registerKernel,
  type BackendValues,
  type DataType as TfDataType,
  type NamedAttrMap,
  type TensorInfo,
} from '@tensorflow/tfjs-core';
import type { Data, Value } from '../graph/graph.js';
import { constant, withSource } from '../graph/ops.js';
import { here } from '../graph/source.js';
import { dataTypeOf } from './data-type.js';
import { kernelsWithRule, record } from './kernels/index.js';
import { Complex, type Recorded } from './kernels/rule.js';
import type { KernelCall } from './known-values.js';
import { registerRefusals } from './refusals.js';

export type DataId = object;

/** The inputs of a kernel; those that may be left out are null then. */
export type Tensors = Readonly<Record<string, TensorInfo | null | undefined>>;

/** A tfjs backend whose kernels record instead of compute: a data id stands for a value of the graph. */
export abstract class RecordingBackend extends KernelBackend {
  /** The values of tensors that were made here. */
  protected values = new WeakMap<DataId, Value>();
  /** The same for complex ones. */
  protected complexes = new WeakMap<DataId, Complex>();
  /** How many tensors refer to data that was made here, where it is not one. */
  protected readonly references = new WeakMap<DataId, number>();

  /** The value of a tensor of this backend or of another one. */
  abstract graphValue(tensor: TensorInfo): Value;

  /** Told of every kernel that is recorded, and of what it made. */
  noteCall(_call: KernelCall, _made: Recorded | Recorded[]): void {}

  /** The same, as a kernel takes it: of a tensor that may be complex. */
  kernelValue(tensor: TensorInfo): Recorded {
    return this.complexes.get(tensor.dataId) ?? this.graphValue(tensor);
  }

  /** A fresh tensor for a value: never the caller's own, or tfjs's tape counts its gradient twice. */
  tensorInfo(value: Value): TensorInfo {
    const dataId = {};
    this.values.set(dataId, value);
    return { dataId, shape: [...value.shape], dtype: value.dtype as TfDataType };
  }

  protected complexInfo(value: Complex): TensorInfo {
    const dataId = {};
    this.complexes.set(dataId, value);
    return { dataId, shape: [...value.shape], dtype: 'complex64' };
  }

  /** Records a kernel. */
  record(kernelName: string, inputs: Tensors, attrs: NamedAttrMap): TensorInfo | TensorInfo[] {
    const values: Record<string, Recorded> = {};
    for (const [name, tensor] of Object.entries(inputs)) if (tensor) values[name] = this.kernelValue(tensor);
    const made = withSource(here(kernelName), () => record(kernelName, values, attrs));
    this.noteCall({ kernelName, inputs: values, attrs, listed: Array.isArray(inputs) }, made);
    const info = (value: Recorded) =>
      value instanceof Complex ? this.complexInfo(value) : this.tensorInfo(value);
    return Array.isArray(made) ? made.map(info) : info(made);
  }

  /** Whether the data was made here. */
  protected has(dataId: DataId): boolean {
    return this.values.has(dataId) || this.complexes.has(dataId);
  }

  override write(values: BackendValues, shape: number[], dtype: TfDataType): DataId {
    return this.tensorInfo(constant(dataTypeOf(dtype), shape, this.copyOf(values, dtype))).dataId;
  }

  /** A copy: what the caller later writes into its array must not reach the graph. */
  protected copyOf(values: BackendValues, dtype: TfDataType): Data {
    return typedCopy(values, dtype);
  }

  override incRef(dataId: DataId): void {
    this.references.set(dataId, this.refCount(dataId) + 1);
  }

  override refCount(dataId: DataId): number {
    return this.has(dataId) ? (this.references.get(dataId) ?? 1) : 0;
  }

  /** Whether nothing refers to the data any more: a variable shares that of the tensor it was assigned. */
  override disposeData(dataId: DataId): boolean {
    const left = (this.references.get(dataId) ?? 1) - 1;
    this.references.set(dataId, left);
    return left <= 0;
  }

  override floatPrecision(): 16 | 32 {
    return 32;
  }

  override epsilon(): number {
    return 1e-7;
  }

  override dispose(): void {
    this.values = new WeakMap();
    this.complexes = new WeakMap();
  }
}

/** The kind of array that numbers of a type are kept in. */
export const arrayOf = (dtype: TfDataType) =>
  dtype === 'float32' ? Float32Array : dtype === 'int32' ? Int32Array : Uint8Array;

export function typedCopy(values: BackendValues, dtype: TfDataType): Data {
  return new (arrayOf(dtype))(values as ArrayLike<number>);
}

/** Registers every rule as a kernel of the backend of that name, and what has none as a refusal, once. */
export function registerRules(backendName: string): void {
  if (getKernel('Identity', backendName)) return;
  for (const kernelName of kernelsWithRule) {
    registerKernel({
      kernelName,
      backendName,
      kernelFunc: ({ inputs, attrs, backend }) =>
        (backend as RecordingBackend).record(kernelName, inputs as Tensors, (attrs ?? {}) as NamedAttrMap),
    });
  }
  registerRefusals(backendName, kernelsWithRule);
}
