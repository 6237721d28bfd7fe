import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { loadInWorker } from '../node-worker/load-in-worker.js';
import { createSession } from '../providers/node.js';
import { firstLine } from '../providers/provider.js';
import { fetchBytes } from './fetch-bytes.js';
import type { LoadOptions } from './load-options.js';
import { ModelError } from './model-error.js';
import { openModel } from './open-model.js';
import type { ScoreModel } from './score-model.js';

export interface NodeLoadOptions extends LoadOptions {
  /** Whether the model runs in a worker thread, so that a network call never holds the event loop; not by default. */
  worker?: boolean;
}

/**
 * Loads a score model from a path, an address (http or https) or its bytes.
 *
 * @throws ModelError if the file cannot be read, is not a score model or is not what its card says; NotOnnxError and
 *   CardError if it is not an ONNX file or has no valid card; ProviderUnavailableError; the reason of `signal`.
 */
export async function loadModel(
  source: string | URL | Uint8Array,
  options: NodeLoadOptions = {},
): Promise<ScoreModel> {
  const { signal, onProgress } = options;
  if (options.worker) return loadInWorker(source, options);
  signal?.throwIfAborted();
  if (source instanceof Uint8Array) return openModel(createSession, source, options);
  if (/^https?:/.test(String(source))) {
    return openModel(createSession, await fetchBytes(source, options), options);
  }
  const path = /^file:/.test(String(source)) ? fileURLToPath(source) : String(source);
  const bytes = await readFile(path, signal ? { signal } : {}).catch((error: unknown) => {
    signal?.throwIfAborted();
    throw new ModelError(`The model cannot be read: ${firstLine(error)}.`, { cause: error });
  });
  onProgress?.({ loaded: bytes.length, total: bytes.length });
  return openModel(createSession, bytes, options, path);
}
