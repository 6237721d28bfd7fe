import type { Engine } from '../engines/engine.js';
import type { Plot } from '../plots/render.js';

/** What an experiment is given. */
export interface LabContext {
  /** Whether to run the larger form, whose figures the documents quote. */
  readonly full: boolean;
  readonly seed: number;
  readonly engine: Engine;
  readonly signal: AbortSignal;
  /** Tells the user how it goes. */
  note(text: string): void;
}

/** What an experiment has found. */
export interface LabResult {
  /** Numbers, as JSON. */
  readonly figures: Readonly<Record<string, unknown>>;
  /** The same in a few lines for people. */
  readonly summary: readonly string[];
  /** Pictures by the name of their file, without its ending. */
  readonly pictures: Readonly<Record<string, Plot>>;
}

/** One question about score-based models, answered by running it. */
export interface Experiment {
  readonly name: string;
  /** What is asked, in a sentence. */
  readonly question: string;
  run(context: LabContext): Promise<LabResult>;
}
