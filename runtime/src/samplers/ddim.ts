import { posterior } from '../process/posterior.js';
import { combine } from './combine.js';
import { gaussianStart } from './gaussian-start.js';
import { type LevelOptions, levelOptions } from './level-options.js';
import type { Sampler, StateChain } from './sampler.js';

export interface DdimOptions extends LevelOptions {
  /** 0 (default) is deterministic, 1 has the noise of DDPM's small variance. */
  eta?: number;
}

/**
 * Denoising diffusion implicit models: x' = scale' x_0-hat + sqrt(sigma'^2 - s^2) eps-hat + s z with s^2 = eta^2 betat, betat
 * being the variance of the posterior (Song et al., "Denoising diffusion implicit models", 2021, equations 12 and 16). The
 * estimate of x_0 is clipped to the value range by default, and eps-hat is that of the clipped one.
 *
 * @throws RangeError if eta is negative, or on other options out of range
 */
export function ddim({ eta = 0, clip = true, spacing, final }: DdimOptions = {}): Sampler {
  if (!(eta >= 0 && eta < Infinity)) throw new RangeError(`eta is ${eta}; expected a number >= 0.`);
  const { plan, transitions, onDevice, x0: estimateX0 } = levelOptions({ clip, spacing, final });
  return {
    name: 'ddim',
    onDevice,
    plan,
    initialise: gaussianStart,
    async *run(chain: StateChain, plan) {
      for (const { from, to } of transitions(chain, plan)) {
        const x0 = await estimateX0(chain, from);
        const s = eta * Math.sqrt(posterior(from, to).variance);
        const onEps = Math.sqrt(Math.max(0, to.sigma ** 2 - s ** 2));
        // eps-hat = (x - scale x_0-hat) / sigma.
        const onX = onEps / from.sigma;
        const onX0 = to.scale - onX * from.scale;
        if (s > 0) combine(chain.x, [onX, chain.x], [onX0, x0], [s, chain.normals()]);
        else combine(chain.x, [onX, chain.x], [onX0, x0]);
        yield { level: from.level };
      }
    },
  };
}
