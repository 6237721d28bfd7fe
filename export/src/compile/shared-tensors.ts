import type { DataType } from '../graph/graph.js';
import { product } from '../graph/sizes.js';
import { typedArrayFor, type HostData, type HostTensor } from './host-tensor.js';

/** A tensor in memory that threads share. */
export interface SharedTensor {
  readonly type: DataType;
  readonly data: HostData;
  readonly dims: readonly number[];
}

export type SharedTensors = Readonly<Record<string, SharedTensor>>;

/** Room for a tensor. */
export function shareTensor(type: DataType, dims: readonly number[]): SharedTensor {
  const TypedArray = typedArrayFor(type);
  const memory = new SharedArrayBuffer(
    product(dims) * TypedArray.BYTES_PER_ELEMENT,
  ) as unknown as ArrayBuffer;
  const data = new TypedArray(memory);
  return { type, data, dims };
}

/** Copies the values of tensors of the same names, types and shapes. */
export function fill(shared: SharedTensors, tensors: Readonly<Record<string, HostTensor>>): void {
  for (const [name, { data }] of Object.entries(shared)) data.set(tensors[name]!.data as Float32Array);
}
