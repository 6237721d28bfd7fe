import type { Tensor } from 'onnxruntime-common';

/** A tensor in main memory: `type`, `data` and `dims`, as ONNX Runtime has it. */
export type HostTensor = Tensor;

/** What a tensor of float32, int32 or bool has for data. */
export type HostData = Float32Array | Int32Array | Uint8Array;

/** The array that holds a tfjs type in main memory. */
export function typedArrayFor(
  dtype: string,
): Float32ArrayConstructor | Int32ArrayConstructor | Uint8ArrayConstructor {
  if (dtype === 'float32') return Float32Array;
  return dtype === 'int32' ? Int32Array : Uint8Array;
}
