import { NotOnnxError } from '../card/onnx-metadata.js';
import { CardError } from '../card/parse-card.js';
import { ModelError } from '../model/model-error.js';
import { ProviderUnavailableError } from '../providers/provider.js';
import type { PlainError } from './messages.js';

const CLASSES = [NotOnnxError, CardError, ModelError, ProviderUnavailableError, RangeError, TypeError];

/** An error in a form that survives structured cloning, which keeps neither a class of ours nor its name. */
export function toPlainError(error: unknown): PlainError {
  const { name, message, stack } = error instanceof Error ? error : new Error(String(error));
  return { name, message, stack };
}

/** The error again, of the class that was thrown where that is one that callers tell apart. */
export function fromPlainError({ name, message, stack }: PlainError): Error {
  const error = new Error(message);
  const original = CLASSES.find((candidate) => candidate.name === name);
  if (original) Object.setPrototypeOf(error, original.prototype as object);
  return Object.assign(error, { name, stack });
}
