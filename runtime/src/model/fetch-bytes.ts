import { firstLine } from '../providers/provider.js';
import type { LoadOptions } from './load-options.js';
import { ModelError } from './model-error.js';
import { readStream } from './read-stream.js';

/**
 * The bytes behind an address.
 *
 * @throws ModelError if the server does not answer, answers with no file, or ends before the end of it; the reason of
 *   `signal`.
 */
export async function fetchBytes(
  address: string | URL,
  { signal, onProgress }: Pick<LoadOptions, 'signal' | 'onProgress'>,
): Promise<Uint8Array> {
  const response = await fetch(address, signal ? { signal } : {}).catch((error: unknown) => {
    signal?.throwIfAborted();
    throw new ModelError(`${String(address)} cannot be fetched: ${firstLine(error)}.`, { cause: error });
  });
  if (!response.ok || !response.body) {
    throw new ModelError(
      `The server answers ${response.status} ${response.statusText} for ${String(address)}.`,
    );
  }
  // With a content encoding the length is that of the encoded bytes.
  const length = response.headers.has('content-encoding') ? null : response.headers.get('content-length');
  const total = length === null ? undefined : Number(length);
  let loaded = 0;
  const count: LoadOptions['onProgress'] = (progress) => {
    loaded = progress.loaded;
    onProgress?.(progress);
  };
  const cutOff = (cause?: unknown) =>
    new ModelError(
      `The download of ${String(address)} ended after ${loaded} of ${total ?? 'an unknown number of'} bytes; load it again.`,
      { cause },
    );
  const bytes = await readStream(response.body, total, {
    ...(signal && { signal }),
    onProgress: count,
  }).catch((error: unknown) => {
    signal?.throwIfAborted();
    throw cutOff(error);
  });
  if (total !== undefined && bytes.length < total) throw cutOff();
  return bytes;
}
