import { fetchBytes } from './fetch-bytes.js';
import type { LoadOptions } from './load-options.js';
import { readStream } from './read-stream.js';

/** An address, a file, or its bytes. */
export type ModelSource = string | URL | Blob | ArrayBuffer | Uint8Array;

export const isAddress = (source: ModelSource): source is string | URL =>
  typeof source === 'string' || source instanceof URL;

/** @throws ModelError if it cannot be fetched or read to its end; the reason of `signal`. */
export async function readSource(source: ModelSource, options: LoadOptions): Promise<Uint8Array> {
  if (isAddress(source)) return fetchBytes(source, options);
  if (source instanceof Uint8Array) return source;
  if (source instanceof ArrayBuffer) return new Uint8Array(source);
  return readStream(source.stream(), source.size, options);
}
