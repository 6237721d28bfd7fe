import { posterior } from '../process/posterior.js';
import { CLEAN } from '../process/level.js';
import { linspace } from '../spacing/linspace.js';
import { combine } from './combine.js';
import { gaussianStart } from './gaussian-start.js';
import { type LevelOptions, levelOptions } from './level-options.js';
import type { Chain, Sampler, StateChain } from './sampler.js';

export interface DdpmOptions extends LevelOptions {
  /**
   * sigma_t^2: `'small'` is betat_t, the posterior's; `'large'` is beta_t; `'learned'` is what the model says of each value.
   * By default it is learned where the model has learned it, and small where it has not.
   */
  variance?: 'small' | 'large' | 'learned' | undefined;
}

/**
 * Ancestral sampling: x' = E[x' | x, x_0 = x_0-hat(x)] + sigma z, with z = 0 at the last step
 * (Ho et al., "Denoising diffusion probabilistic models", 2020, algorithm 2; for a ve process Song et al.,
 * "Score-based generative modeling through stochastic differential equations", 2021, appendix F). A learned variance is
 * exp(v log beta + (1 - v) log betat) with both of the step that is taken (Nichol and Dhariwal, "Improved denoising
 * diffusion probabilistic models", 2021, equation 15). `steps` takes an even selection of the levels, the cleanest among
 * them; without it every level is a step.
 */
export function ddpm({ variance, clip = true, spacing = linspace(), final }: DdpmOptions = {}): Sampler {
  const { plan, transitions, onDevice, clipped } = levelOptions({ clip, spacing, final });
  return {
    name: 'ddpm',
    ...(variance === 'learned' && { needs: 'variance' }),
    onDevice: onDevice && variance !== 'learned',
    plan,
    initialise: gaussianStart,
    async *run(chain: StateChain, plan) {
      const { x, estimate, normals } = chain;
      const { estimateWithVariance } = chain as Partial<Chain>;
      const learned = variance === undefined || variance === 'learned' ? estimateWithVariance : undefined;
      for (const { from, to } of transitions(chain, plan)) {
        const { estimate: x0, varianceShare } = learned
          ? await learned('x0', from)
          : { estimate: await estimate('x0', from), varianceShare: undefined };
        clipped(chain, x0);
        const q = posterior(from, to);
        if (to === CLEAN) combine(x, [1, x0]);
        else if (varianceShare)
          combine(x, [q.onX, x], [q.onX0, x0], [1, (chain as Chain).learnedNormals(varianceShare, q)]);
        else {
          const sigma = Math.sqrt(variance === 'large' ? q.forwardVariance : q.variance);
          combine(x, [q.onX, x], [q.onX0, x0], [sigma, normals()]);
        }
        yield { level: from.level };
      }
    },
  };
}
