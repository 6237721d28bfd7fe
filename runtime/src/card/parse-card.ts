import * as v from 'valibot';
import { type ModelCard, modelCardSchema } from './model-card.js';

/** The key of `metadata_props` that holds the card. */
export const CARD_KEY = 'scorebridge.card';

/** The version of the card's format that is written; any minor version of its major one is read. */
export const CARD_FORMAT = '1.0';

/** A card that is missing or wrong; the message names the field. */
export class CardError extends Error {
  override readonly name = 'CardError';
}

/**
 * Reads a card from its JSON text, or from the value that the text stands for.
 *
 * @throws CardError if it is not JSON, of a newer major version, or not a card; the message names the first field that
 *   is wrong.
 */
export function parseCard(card: unknown): ModelCard {
  const value = typeof card === 'string' ? parseJson(card) : card;
  const format = (value as { format?: unknown } | null)?.format;
  const major = typeof format === 'string' ? parseInt(format, 10) : NaN;
  const ours = parseInt(CARD_FORMAT, 10);
  if (major > ours) {
    throw new CardError(
      `The model card has format ${format as string}; this version of Scorebridge reads ${ours}.x, so update @scorebridge/runtime.`,
    );
  }
  const result = v.safeParse(modelCardSchema, value, { abortEarly: true });
  if (result.success) return result.output;
  const [issue] = result.issues;
  const path = v.getDotPath(issue);
  throw new CardError(`The model card is not valid${path ? ` at '${path}'` : ''}: ${issue.message}.`);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new CardError(`The model card under '${CARD_KEY}' is not JSON.`);
  }
}
