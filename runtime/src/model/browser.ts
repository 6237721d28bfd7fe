import type { LoadOptions } from './load-options.js';
import { type BrowserLoadOptions, type BrowserScoreModel, loadHere } from './load-here.js';
import { type ModelSource, readSource } from './read-source.js';
import { createSession } from '../providers/browser.js';
import { type GradientModel, openGradient } from './open-gradient.js';

/**
 * Loads a score model from an address, from a file (File, Blob) or from its bytes.
 *
 * @throws ModelError if the file cannot be fetched or read to its end, is not a score model or is not what its card says;
 *   IntegrityError if it is not the file of `integrity`; NotOnnxError and CardError if it is not an ONNX file or has no
 *   valid card; ProviderUnavailableError; RangeError on options out of range; the reason of `signal`.
 */
export async function loadModel(
  source: ModelSource,
  options: BrowserLoadOptions = {},
): Promise<BrowserScoreModel> {
  if (!options.worker) return loadHere(source, options);
  const { loadInWorker } = await import('../browser-worker/load-in-worker.js');
  return loadInWorker(source, options);
}

/**
 * Loads what `exportGradient` wrote, from an address, a file or its bytes: `logProbability` of `classifierGuided`.
 *
 * @throws ModelError if the file cannot be fetched or is not one of a gradient; ProviderUnavailableError; the reason of
 *   `signal`.
 */
export async function loadGradient(
  source: ModelSource,
  options: Omit<LoadOptions, 'vjp'> = {},
): Promise<GradientModel> {
  options.signal?.throwIfAborted();
  const bytes = await readSource(source, options);
  return openGradient(createSession, { bytes, file: bytes }, options);
}
