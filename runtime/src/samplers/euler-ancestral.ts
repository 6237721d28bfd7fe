import { noiseRatio } from '../process/noise-ratio.js';
import { type AncestralOptions, ancestralOptions } from './ancestral-options.js';
import { ancestralStep } from './ancestral-step.js';
import { combine } from './combine.js';
import { eulerStep } from './euler-step.js';
import { gaussianStart } from './gaussian-start.js';
import { levelOptions } from './level-options.js';
import type { Sampler, StateChain } from './sampler.js';

export type EulerAncestralOptions = AncestralOptions;

/**
 * Euler's method down to less noise than the next level's, and noise up to it, in units of the data (k-diffusion:
 * sample_euler_ancestral). Unclipped, and as long as eta is at most 1, it is DDIM with that eta (Song et al., "Denoising
 * diffusion implicit models", 2021, equations 12 and 16): with eta = 1 DDPM, with eta = 0 `euler`.
 *
 * @throws RangeError on options out of range
 */
export function eulerAncestral(options: EulerAncestralOptions = {}): Sampler {
  const { plan, transitions, onDevice, x0: estimateX0 } = levelOptions(options);
  const { eta, sNoise } = ancestralOptions(options);
  return {
    name: 'euler-ancestral',
    onDevice,
    plan,
    initialise: gaussianStart,
    async *run(chain: StateChain, plan) {
      const { x } = chain;
      for (const { from, to } of transitions(chain, plan)) {
        const x0 = await estimateX0(chain, from);
        const { sigmaDown, sigmaUp } = ancestralStep(noiseRatio(from), noiseRatio(to), eta);
        const { onX, onX0 } = eulerStep(from, to, sigmaDown);
        if (sigmaUp > 0) combine(x, [onX, x], [onX0, x0], [to.scale * sNoise * sigmaUp, chain.normals()]);
        else combine(x, [onX, x], [onX0, x0]);
        yield { level: from.level };
      }
    },
  };
}
