import type { LoadOptions } from './load-options.js';

/**
 * All bytes of a stream, with progress, until the end or until aborted.
 *
 * @param total bytes, where they are known; what is read may be another number.
 */
export async function readStream(
  stream: ReadableStream<Uint8Array>,
  total: number | undefined,
  { signal, onProgress }: Pick<LoadOptions, 'signal' | 'onProgress'>,
): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let loaded = 0;
  const reader = stream.getReader();
  const abort = () => void reader.cancel(signal!.reason).catch(() => undefined);
  signal?.addEventListener('abort', abort, { once: true });
  try {
    for (let part = await reader.read(); !part.done; part = await reader.read()) {
      chunks.push(part.value);
      loaded += part.value.length;
      onProgress?.({ loaded, total });
    }
  } catch (error) {
    void reader.cancel(error).catch(() => undefined);
    throw error;
  } finally {
    signal?.removeEventListener('abort', abort);
  }
  signal?.throwIfAborted();
  const bytes = new Uint8Array(loaded);
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return bytes;
}
