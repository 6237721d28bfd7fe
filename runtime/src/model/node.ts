import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { loadInWorker } from '../node-worker/load-in-worker.js';
import { createSession } from '../providers/node.js';
import { firstLine } from '../providers/provider.js';
import { fetchBytes } from './fetch-bytes.js';
import type { LoadOptions } from './load-options.js';
import { ModelError } from './model-error.js';
import { type GradientModel, openGradient } from './open-gradient.js';
import { type ModelFile, openModel } from './open-model.js';
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
  { worker, ...options }: NodeLoadOptions = {},
): Promise<ScoreModel> {
  if (worker) return loadInWorker(source, options);
  options.signal?.throwIfAborted();
  const [model, product] = [
    await readModel(source, options),
    options.vjp && (await readModel(options.vjp, options)),
  ];
  return openModel(createSession, model, options, product || undefined);
}

/**
 * Loads what `exportGradient` wrote, from a path, an address (http or https) or its bytes: `logProbability` of
 * `classifierGuided`.
 *
 * @throws ModelError if the file cannot be read or is not one of a gradient; ProviderUnavailableError; the reason of `signal`.
 */
export async function loadGradient(
  source: string | URL | Uint8Array,
  options: Omit<LoadOptions, 'vjp'> = {},
): Promise<GradientModel> {
  options.signal?.throwIfAborted();
  return openGradient(createSession, await readModel(source, options), options);
}

/** A file's bytes, from a path, an address or as they are. */
async function readModel(
  source: string | URL | Uint8Array,
  options: Pick<LoadOptions, 'signal' | 'onProgress'>,
): Promise<ModelFile> {
  const { signal, onProgress } = options;
  if (source instanceof Uint8Array) return { bytes: source, file: source };
  if (/^https?:/.test(String(source))) {
    const bytes = await fetchBytes(source, options);
    return { bytes, file: bytes };
  }
  const path = /^file:/.test(String(source)) ? fileURLToPath(source) : String(source);
  const bytes = await readFile(path, signal ? { signal } : {}).catch((error: unknown) => {
    signal?.throwIfAborted();
    throw new ModelError(`The model cannot be read: ${firstLine(error)}.`, { cause: error });
  });
  onProgress?.({ loaded: bytes.length, total: bytes.length });
  return { bytes, file: path };
}
