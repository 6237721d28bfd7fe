import type { ModelCard } from './model-card.js';
import { readMetadata } from './onnx-metadata.js';
import { CARD_KEY, CardError, parseCard } from './parse-card.js';
import { SAMPLER_KEY } from './sampler-info.js';

/**
 * The model card of a score model's ONNX file.
 *
 * @throws NotOnnxError if the bytes are not a whole ONNX model; CardError if it has no card or not a valid one, or if it is
 *   not the model but a whole sampler.
 */
export function readCard(bytes: Uint8Array): ModelCard {
  const { [CARD_KEY]: json, [SAMPLER_KEY]: sampler } = readMetadata(bytes);
  if (sampler !== undefined) {
    throw new CardError(
      'The file is a whole sampler, which draws its samples in one run of ONNX Runtime: where a model is wanted, name the one that it was exported from.',
    );
  }
  if (json === undefined) {
    throw new CardError(
      `The ONNX model has no card ('${CARD_KEY}' in its metadata): export it with Scorebridge, give loadModel a card, or write one with scorebridge card.`,
    );
  }
  return parseCard(json);
}
