import { CLEAN, type Marginal } from '../process/level.js';
import { combine } from '../samplers/combine.js';
import { levelOptions } from '../samplers/level-options.js';
import type { Sampler } from '../samplers/sampler.js';
import type { FloatArray } from '../sampling/float-array.js';
import type { Spacing } from '../spacing/spacing.js';

export interface DdimInversionOptions {
  /** The data to invert: one sample [...shape] for all, or one for each, [count, ...shape]. */
  readonly x0: FloatArray;
  /** That of the `ddim` on the way back. */
  readonly spacing?: Spacing | undefined;
}

/**
 * DDIM backwards, from data to the noise from which `ddim` makes them, with the same spacing and steps and neither noise nor
 * clipping, up to what the two directions differ by at finite steps (Song et al., "Denoising diffusion implicit models",
 * 2021, section 4.3; diffusers: DDIMInverseScheduler). Between two levels the network is told the noisier one, as it is on
 * the way back.
 *
 * @throws RangeError when it starts, if x0 has another size
 */
export function ddimInversion({ x0, spacing }: DdimInversionOptions): Sampler {
  const { plan } = levelOptions({ spacing });
  return {
    name: 'ddim-inversion',
    plan(process, steps) {
      const { levels, steps: total } = plan(process, steps);
      return { levels: [...levels].reverse(), steps: total };
    },
    initialise({ x, rows }) {
      x.set(rows(x0));
    },
    async *run({ x, estimate }, { levels }) {
      let from: Marginal = CLEAN;
      for (const to of levels) {
        const eps = await estimate('eps', to);
        // x' = scale' (x - sigma eps) / scale + sigma' eps.
        const onX = to.scale / from.scale;
        combine(x, [onX, x], [to.sigma - onX * from.sigma, eps]);
        yield { level: to.level };
        from = to;
      }
    },
  };
}
