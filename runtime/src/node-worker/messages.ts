import type { ModelCard } from '../card/model-card.js';
import type { CardOptions, Progress } from '../model/load-options.js';
import type { ExtraOutputs } from '../model/extra-outputs.js';
import type { CreateSessionOptions, Provider } from '../providers/provider.js';

/** What crosses between the thread that asks for a model and the worker that holds it. */
export type Request =
  | { id: number; method: 'load'; source: string | Uint8Array; options: CreateSessionOptions & CardOptions }
  | {
      id: number;
      method: 'predict' | 'evaluate' | 'predictVariance';
      x: Float32Array;
      level: number | Float32Array;
      label: Int32Array | undefined;
    }
  | { id: number; method: 'release' };

export type Reply =
  { id: number; value: unknown } | { id: number; error: PlainError } | { progress: Progress };

export interface Loaded {
  card: ModelCard;
  provider: Provider;
  extras: ExtraOutputs;
}

export interface PlainError {
  name: string;
  message: string;
  stack: string | undefined;
  /** What it was thrown because of, where that is known. */
  cause: PlainError | undefined;
}
