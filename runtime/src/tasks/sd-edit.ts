import type { Sampler } from '../samplers/sampler.js';
import { combine } from '../samplers/combine.js';
import type { FloatArray } from '../sampling/float-array.js';
import { levelByLevel } from './level-by-level.js';

export interface SdEditOptions {
  /** What to start from: one sample [...shape] for all, or one for each, [count, ...shape]. */
  readonly x0: FloatArray;
  /** Share of the sampler's steps that are taken, in (0, 1]: 1 keeps next to nothing of x0, little changes little. */
  readonly strength: number;
}

/**
 * Image to image: noise is added to x0 up to a level part of the way, and the sampler takes it from there (Meng et al.,
 * "SDEdit: guided image synthesis and editing with stochastic differential equations", 2022, algorithm 1; diffusers:
 * `strength`). The steps asked for are those of the whole way.
 *
 * @param sampler one that goes from level to level, a step at each
 * @throws RangeError if the strength is out of range; when it starts, if x0 has another size
 */
export function sdEdit(sampler: Sampler, { x0, strength }: SdEditOptions): Sampler {
  if (!(strength > 0 && strength <= 1))
    throw new RangeError(`strength is ${strength}; expected a number above 0 and at most 1.`);
  return {
    ...sampler,
    plan(process, steps) {
      const { levels, steps: total } = levelByLevel(sampler, process, steps);
      // A share of 0.6 of 5 is 3, whatever its last bit says.
      const kept = levels.slice(total - Math.max(1, Math.floor(strength * total + 1e-9)));
      return { levels: kept, steps: kept.length };
    },
    initialise({ x, rows, normals }, { levels }) {
      const { scale, sigma } = levels[0]!;
      combine(x, [scale, rows(x0)], [sigma, normals()]);
    },
  };
}
