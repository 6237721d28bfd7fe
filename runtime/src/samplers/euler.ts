import { noiseRatio } from '../process/noise-ratio.js';
import { combine } from './combine.js';
import { gaussianStart } from './gaussian-start.js';
import { type LevelOptions, levelOptions } from './level-options.js';
import type { Sampler } from './sampler.js';

/**
 * Euler's method for the probability-flow ODE in sigma / scale, dx/dsigma = (x - x_0-hat) / sigma in units of the data
 * (Karras et al., "Elucidating the design space of diffusion-based generative models", 2022, algorithm 1 without the
 * second-order correction; k-diffusion: sample_euler). It is DDIM with eta = 0 (Song et al. 2021, section 4.3).
 *
 * @throws RangeError on options out of range
 */
export function euler(options: LevelOptions = {}): Sampler {
  const { plan, transitions, x0: estimateX0 } = levelOptions(options);
  return {
    name: 'euler',
    plan,
    initialise: gaussianStart,
    async *run(chain, plan) {
      for (const { from, to } of transitions(chain, plan)) {
        const x0 = await estimateX0(chain, from);
        // x' / scale' = x / scale + (sigma' - sigma) (x / scale - x_0) / sigma.
        combine(
          chain.x,
          [to.sigma / from.sigma, chain.x],
          [to.scale * (1 - noiseRatio(to) / noiseRatio(from)), x0],
        );
        yield { level: from.level };
      }
    },
  };
}
