import { createSession } from '../providers/browser.js';
import { fetchBytes } from './fetch-bytes.js';
import type { LoadOptions } from './load-options.js';
import { openModel } from './open-model.js';
import type { ScoreModel } from './score-model.js';

/**
 * Loads a score model from an address or from its bytes.
 *
 * @throws ModelError if the file cannot be fetched, is not a score model or is not what its card says; NotOnnxError and
 *   CardError if it is not an ONNX file or has no valid card; ProviderUnavailableError; the reason of `signal`.
 */
export async function loadModel(
  source: string | URL | Uint8Array,
  options: LoadOptions = {},
): Promise<ScoreModel> {
  options.signal?.throwIfAborted();
  const bytes = source instanceof Uint8Array ? source : await fetchBytes(source, options);
  return openModel(createSession, bytes, options);
}
