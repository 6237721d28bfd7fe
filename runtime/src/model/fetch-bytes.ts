import type { LoadOptions } from './load-options.js';
import { ModelError } from './model-error.js';

/**
 * The bytes behind an address.
 *
 * @throws ModelError if the server does not answer with a file.
 */
export async function fetchBytes(
  address: string | URL,
  { signal, onProgress }: Pick<LoadOptions, 'signal' | 'onProgress'>,
): Promise<Uint8Array> {
  const response = await fetch(address, signal ? { signal } : {});
  if (!response.ok || !response.body) {
    throw new ModelError(
      `The server answers ${response.status} ${response.statusText} for ${String(address)}.`,
    );
  }
  // With a content encoding the length is that of the encoded bytes.
  const length = response.headers.has('content-encoding') ? null : response.headers.get('content-length');
  const total = length === null ? undefined : Number(length);
  const chunks: Uint8Array[] = [];
  let loaded = 0;
  const reader = response.body.getReader();
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    chunks.push(part.value);
    loaded += part.value.length;
    onProgress?.({ loaded, total });
  }
  const bytes = new Uint8Array(loaded);
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return bytes;
}
