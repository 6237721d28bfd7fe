import { NotOnnxError } from '../card/onnx-metadata.js';
import { CardError } from '../card/parse-card.js';
import { IntegrityError } from '../model/integrity-error.js';
import { ModelError } from '../model/model-error.js';
import { ModelReleasedError } from '../model/model-released-error.js';
import { DeviceLostError } from '../providers/device-lost-error.js';
import { ProviderUnavailableError } from '../providers/provider.js';
import type { PlainError } from './messages.js';

const CLASSES = [
  ...[NotOnnxError, CardError, ModelError, ModelReleasedError, IntegrityError],
  ...[ProviderUnavailableError, DeviceLostError, RangeError, TypeError],
];

/** An error in a form that survives structured cloning, which keeps neither a class of ours nor its name. */
export function toPlainError(error: unknown): PlainError {
  const { name, message, stack, cause } = error instanceof Error ? error : new Error(String(error));
  return { name, message, stack, cause: cause === undefined ? undefined : toPlainError(cause) };
}

/** The error again, of the class that was thrown where that is one that callers tell apart. */
export function fromPlainError({ name, message, stack, cause }: PlainError): Error {
  const error = new Error(message, cause && { cause: fromPlainError(cause) });
  const original = CLASSES.find((candidate) => candidate.name === name);
  if (original) Object.setPrototypeOf(error, original.prototype as object);
  return Object.assign(error, { name, stack });
}
