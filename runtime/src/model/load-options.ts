import type { GivenCard } from '../card/given-card.js';
import type { CreateSessionOptions } from '../providers/provider.js';
import type { ConstantInputs } from './bind-graph.js';

export interface Progress {
  /** Bytes read. */
  readonly loaded: number;
  /** Bytes in all, or undefined where the server does not say. */
  readonly total: number | undefined;
}

/** What the caller says of a file that Scorebridge did not write. */
export interface CardOptions {
  /** In place of the file's own card. */
  card?: GivenCard;
  /** What inputs beside those that the card names are always given. */
  inputs?: ConstantInputs;
}

export interface LoadOptions extends CreateSessionOptions, CardOptions {
  /** The model's vector-Jacobian product (`scorebridge export --likelihood`), which gives it `vjp`; the same kinds of source. */
  vjp?: string | URL | Uint8Array | undefined;
  signal?: AbortSignal;
  /** Told, as the model is fetched, how far that is. */
  onProgress?: (progress: Progress) => void;
}
