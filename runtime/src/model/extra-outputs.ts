import type { ModelCard } from '../card/model-card.js';
import type { ScoreSource } from './score-model.js';

/** What there is beside the prediction. */
export interface ExtraOutputs {
  /** Whether `evaluate` gives an energy. */
  readonly energy: boolean;
  /** Whether `predictVariance` gives the learned variance of a step. */
  readonly variance: boolean;
}

/**
 * What a graph with these outputs gives beside the prediction. The prediction of an energy model is -grad f, so f is the
 * energy only where the prediction is the score: of one that predicts eps, say, it is sigma log p.
 */
export const extraOutputs = (
  { parametrisation }: Pick<ModelCard, 'parametrisation'>,
  outputs: readonly string[],
): ExtraOutputs => ({
  energy: parametrisation === 'score' && outputs.includes('energy'),
  variance: outputs.includes('variance_share'),
});

/** What a source gives beside the prediction. */
export const extrasOf = ({ evaluate, predictVariance }: ScoreSource): ExtraOutputs => ({
  energy: evaluate !== undefined,
  variance: predictVariance !== undefined,
});
