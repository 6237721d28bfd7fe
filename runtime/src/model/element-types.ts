import type { Tensor } from 'onnxruntime-common';
import { fromHalf, toHalf } from './half.js';

/** Numbers as the elements of a tensor, and back. */
export interface ElementType {
  readonly pack: (values: ArrayLike<number>) => Tensor.DataType;
  readonly unpack: (data: Tensor.DataType) => Float32Array;
}

const unpack = (data: Tensor.DataType) => Float32Array.from(data as ArrayLike<number>);

export const FLOATS: Readonly<Record<string, ElementType>> = {
  float32: { pack: (values) => Float32Array.from(values), unpack: (data) => data as Float32Array },
  float16: { pack: toHalf, unpack: (data) => fromHalf(data as Uint16Array) },
  float64: { pack: (values) => Float64Array.from(values), unpack },
};

export const INTEGERS: Readonly<Record<string, ElementType>> = {
  int64: {
    pack: (values) => BigInt64Array.from(values, BigInt),
    unpack: (data) => Float32Array.from(data as BigInt64Array, Number),
  },
  int32: { pack: (values) => Int32Array.from(values), unpack },
};

export const ELEMENT_TYPES: Readonly<Record<string, ElementType>> = {
  ...FLOATS,
  ...INTEGERS,
  bool: { pack: (values) => Uint8Array.from(values), unpack },
};
