import type { Tensor } from './schema.js';

/** Protocol buffers end at 2 GiB; some room is left for the graph itself. */
const PROTOBUF_LIMIT = 2 ** 31 - 2 ** 24;
/** Where weights live outside the file, each starts at a multiple of this (the page size, as ONNX recommends). */
const ALIGNMENT = 4096;

export interface ExternalDataOptions {
  /** The name of the file for weights beside the model, used where they exceed `externalAbove` bytes. */
  readonly externalFile?: string;
  /** Default: what a single protocol buffer can hold. */
  readonly externalAbove?: number;
}

/** Weights that belong into the file beside the model, in order, with the offset of each. */
export type ExternalData = readonly { readonly offset: number; readonly bytes: Uint8Array }[];

/**
 * Moves weights out of the model where one protocol buffer could not hold them.
 *
 * @throws Error if they have to be moved and no file is named for them
 */
export function moveWeightsOut(
  initializers: readonly Tensor[],
  { externalFile, externalAbove = PROTOBUF_LIMIT }: ExternalDataOptions,
): ExternalData {
  const total = initializers.reduce((sum, t) => sum + t.rawData!.length, 0);
  if (total <= externalAbove) return [];
  if (externalFile === undefined) {
    throw new Error(
      `The weights are ${(total / 2 ** 30).toFixed(1)} GB, more than one ONNX file may hold: name a file for them (externalFile).`,
    );
  }
  const moved: { offset: number; bytes: Uint8Array }[] = [];
  let end = 0;
  for (const tensor of initializers) {
    const bytes = tensor.rawData!;
    if (bytes.length < 1024) continue;
    const offset = Math.ceil(end / ALIGNMENT) * ALIGNMENT;
    end = offset + bytes.length;
    moved.push({ offset, bytes });
    delete tensor.rawData;
    tensor.dataLocation = 1;
    tensor.externalData = [
      { key: 'location', value: externalFile },
      { key: 'offset', value: String(offset) },
      { key: 'length', value: String(bytes.length) },
    ];
  }
  return moved;
}
