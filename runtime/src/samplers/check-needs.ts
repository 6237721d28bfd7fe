import type { ExtraOutputs } from '../model/extra-outputs.js';
import type { Sampler } from './sampler.js';

const REFUSALS = {
  energy: ({ name }: Sampler) =>
    `The sampler ${name} needs a model with an energy and this one has none: take another, such as langevin.`,
  variance: ({ name }: Sampler) =>
    `The sampler ${name} was asked for the variance that the model has learned, and it has learned none: take 'small' or 'large'.`,
};

/** @throws RangeError if the sampler asks for what the model does not give. */
export function checkNeeds(sampler: Sampler, extras: ExtraOutputs): void {
  const { needs } = sampler;
  if (needs && !extras[needs]) throw new RangeError(REFUSALS[needs](sampler));
}
