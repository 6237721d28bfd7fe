import { type BrowserLoadOptions, type BrowserScoreModel, loadHere, type ModelSource } from './load-here.js';

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
