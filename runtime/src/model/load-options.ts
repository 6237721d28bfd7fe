import type { CreateSessionOptions } from '../providers/provider.js';

export interface Progress {
  /** Bytes read. */
  readonly loaded: number;
  /** Bytes in all, or undefined where the server does not say. */
  readonly total: number | undefined;
}

export interface LoadOptions extends CreateSessionOptions {
  signal?: AbortSignal;
  onProgress?: (progress: Progress) => void;
}
