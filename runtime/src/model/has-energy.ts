import type { ModelCard } from '../card/model-card.js';

/**
 * Whether a graph with these outputs gives the energy of what it samples. The prediction of an energy model is -grad f,
 * so f is the energy only where the prediction is the score: of one that predicts eps, say, it is sigma log p.
 */
export const hasEnergy = (
  { parametrisation }: Pick<ModelCard, 'parametrisation'>,
  outputs: readonly string[],
): boolean => parametrisation === 'score' && outputs.includes('energy');
