import type { Sampler } from './sampler.js';

/** @throws RangeError if the sampler asks for energies and the model has none. */
export function checkEnergy({ name, needsEnergy }: Sampler, hasEnergy: boolean): void {
  if (needsEnergy && !hasEnergy) {
    throw new RangeError(
      `The sampler ${name} needs a model with an energy and this one has none: take another, such as langevin.`,
    );
  }
}
