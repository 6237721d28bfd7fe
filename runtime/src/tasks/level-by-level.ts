import type { Process } from '../card/model-card.js';
import type { Plan, Sampler } from '../samplers/sampler.js';

/**
 * The plan of a sampler that takes one step at each level.
 *
 * @throws RangeError if it does not
 */
export function levelByLevel(sampler: Sampler, process: Process, steps?: number): Plan {
  const plan = sampler.plan(process, steps);
  if (plan.levels.length === plan.steps) return plan;
  throw new RangeError(
    `The sampler ${sampler.name} does not take one step at each level: take one that does, such as ddim.`,
  );
}
