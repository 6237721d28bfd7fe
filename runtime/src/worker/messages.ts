import type { Progress } from '../model/load-options.js';
import type { ScoreModel, ScoreSource } from '../model/score-model.js';

/** What a model is asked for its network calls; all but the first may be missing. */
export const METHODS = ['predict', 'evaluate', 'predictVariance', 'vjp'] as const;
export type Method = (typeof METHODS)[number];
export type Methods = Required<Pick<ScoreSource, Method>>;

type Call = { [M in Method]: { id: number; method: M; args: Parameters<Methods[M]> } }[Method];

/** What crosses between the thread that asks for a model and the worker that holds it. */
export type Request<Source, Options> =
  { id: number; method: 'load'; source: Source; options: Options } | Call | { id: number; method: 'release' };

export type Reply =
  { id: number; value: unknown } | { id: number; error: PlainError } | { progress: Progress };

/** What is known of a model without asking it. */
export type About = Pick<ScoreModel, 'card' | 'provider' | 'remedy'>;

export interface Loaded<A extends About> {
  about: A;
  methods: readonly Method[];
}

export interface PlainError {
  name: string;
  message: string;
  stack: string | undefined;
  /** What it was thrown because of, where that is known. */
  cause: PlainError | undefined;
}
