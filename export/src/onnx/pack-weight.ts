import type { Attribute } from '../graph/graph.js';
import { product } from '../graph/sizes.js';
import { toHalf } from './half.js';
import { DATA_TYPE } from './schema.js';

/** How float32 weights are kept in a file. */
export type WeightStorage = 'float32' | 'float16' | 'int8';

export interface PackedTensor {
  readonly dims: readonly number[];
  readonly dataType: number;
  readonly data: ArrayBufferView;
}

/** A weight in fewer bits: initializers, and the operator that makes float32 of them. */
export interface PackedWeight {
  readonly op: string;
  readonly parts: readonly (PackedTensor & { readonly suffix: string })[];
  readonly attrs: Readonly<Record<string, Attribute>>;
}

/** Smaller tensors stay as they are: a scale or an epsilon costs nothing, and may matter more. */
const SMALLEST = { float16: 64, int8: 1024 } as const;

/** A weight in half precision, or as 8-bit integers with a scale a channel; undefined for one that stays as it is. */
export function packWeight(
  data: Float32Array,
  shape: readonly number[],
  storage: WeightStorage,
): PackedWeight | undefined {
  if (storage === 'float32' || data.length < SMALLEST[storage]) return undefined;
  return storage === 'float16' ? half(data, shape) : integers(data, shape);
}

/** Undefined for a weight with numbers that half precision does not reach, such as a mask's -1e9. */
function half(data: Float32Array, dims: readonly number[]): PackedWeight | undefined {
  if (data.some((x) => Math.abs(x) > 65504)) return undefined;
  const bits = Uint16Array.from(data, toHalf);
  return {
    op: 'Cast',
    parts: [{ suffix: 'half', dims, dataType: DATA_TYPE.float16, data: bits }],
    attrs: { to: DATA_TYPE.float32 },
  };
}

/**
 * Symmetric, with the largest number of each channel at 127. Channels are the last axis of a matrix, and the first of
 * anything else, as of a convolution's filter. Undefined for a weight with fewer than four numbers a channel.
 */
function integers(data: Float32Array, dims: readonly number[]): PackedWeight | undefined {
  if (dims.length < 2 || !data.every(Number.isFinite)) return undefined;
  const axis = dims.length === 2 ? 1 : 0;
  const channels = dims[axis]!;
  if (data.length / channels < 4) return undefined;
  const inner = product(dims.slice(axis + 1));
  const channelOf = (i: number) => Math.floor(i / inner) % channels;
  const scales = new Float32Array(channels);
  data.forEach((x, i) => (scales[channelOf(i)] = Math.max(scales[channelOf(i)]!, Math.abs(x))));
  for (let c = 0; c < channels; c++) scales[c] = scales[c]! / 127 || 1;
  const rounded = Int8Array.from(data, (x, i) => Math.round(x / scales[channelOf(i)]!));
  return {
    op: 'DequantizeLinear',
    parts: [
      { suffix: 'int8', dims, dataType: DATA_TYPE.int8, data: rounded },
      { suffix: 'scale', dims: [channels], dataType: DATA_TYPE.float32, data: scales },
      { suffix: 'zero', dims: [channels], dataType: DATA_TYPE.int8, data: new Int8Array(channels) },
    ],
    attrs: { axis },
  };
}
