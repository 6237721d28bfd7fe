import { churn, type ChurnOptions } from './churn.js';
import { combine } from './combine.js';
import { eulerStep } from './euler-step.js';
import { gaussianStart } from './gaussian-start.js';
import { type LevelOptions, levelOptions } from './level-options.js';
import type { Sampler, StateChain } from './sampler.js';

export interface EulerOptions extends LevelOptions, ChurnOptions {}

/**
 * Euler's method for the probability-flow ODE in sigma / scale, dx/dsigma = (x - x_0-hat) / sigma in units of the data
 * (Karras et al., "Elucidating the design space of diffusion-based generative models", 2022, algorithms 1 and 2 without the
 * second-order correction; k-diffusion: sample_euler). Without churn it is DDIM with eta = 0 (Song et al. 2021,
 * section 4.3).
 *
 * @throws RangeError on options out of range
 */
export function euler(options: EulerOptions = {}): Sampler {
  const { plan, transitions, onDevice, x0: estimateX0 } = levelOptions(options);
  const churned = churn(options);
  return {
    name: 'euler',
    onDevice,
    plan,
    initialise: gaussianStart,
    async *run(chain: StateChain, plan) {
      const raise = churned(chain, plan);
      for (const { from, to } of transitions(chain, plan)) {
        const hat = raise(from);
        const x0 = await estimateX0(chain, hat);
        const { onX, onX0 } = eulerStep(hat, to);
        combine(chain.x, [onX, chain.x], [onX0, x0]);
        yield { level: hat.level };
      }
    },
  };
}
