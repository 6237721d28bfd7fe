import type { ModelCard } from './model-card.js';
import { readMetadata } from './onnx-metadata.js';
import { CARD_KEY, CardError, parseCard } from './parse-card.js';

/**
 * The model card of an ONNX file.
 *
 * @throws NotOnnxError if the bytes are not a whole ONNX model; CardError if it has no card or not a valid one.
 */
export function readCard(bytes: Uint8Array): ModelCard {
  const json = readMetadata(bytes)[CARD_KEY];
  if (json === undefined) {
    throw new CardError(
      `The ONNX model has no card ('${CARD_KEY}' in its metadata): export it with Scorebridge, or give loadModel a card.`,
    );
  }
  return parseCard(json);
}
