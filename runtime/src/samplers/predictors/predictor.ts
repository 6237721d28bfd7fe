import type { Process } from '../../card/model-card.js';
import type { Level, Marginal } from '../../process/level.js';

/** x' = onX x + onScore s + std z: one step of a discretised reverse SDE, s being the score at x and its level. */
export interface PredictorStep {
  readonly onX: number;
  readonly onScore: number;
  readonly std: number;
}

/** The step from one level to a cleaner one of this kind of process. */
export type Predictor = (from: Level, to: Marginal, kind: Process['kind']) => PredictorStep;
