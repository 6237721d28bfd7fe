import type { Predict } from './objective.js';

/** The energy of a network. @throws Error if it has none, naming the objective that asks for it. */
export function energyOf(predict: Predict, objective: string): NonNullable<Predict['energy']> {
  if (predict.energy === undefined)
    throw new Error(
      `${objective} needs an energy, and this network has only a score: make it with energyModel.`,
    );
  return predict.energy;
}
