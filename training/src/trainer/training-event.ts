import type { Engine } from '../engines/engine.js';
import type { EvaluationEntry, StepEntry } from './run-log.js';

/** What happens in a training run, for who watches it. */
export type TrainingEvent =
  | {
      readonly type: 'start';
      readonly engine: Engine;
      readonly parameters: number;
      /** Steps that had been taken. */
      readonly step: number;
      readonly steps: number;
      readonly resumedFrom?: string | undefined;
    }
  | ({ readonly type: 'step'; readonly steps: number } & StepEntry)
  | ({
      readonly type: 'evaluation';
      /** Whether it is the best so far. */ readonly best: boolean;
    } & EvaluationEntry)
  | { readonly type: 'checkpoint'; readonly step: number; readonly path: string };
