import { noiseRatio } from '../process/noise-ratio.js';
import { churn, type ChurnOptions } from './churn.js';
import { combine } from './combine.js';
import { eulerStep } from './euler-step.js';
import { gaussianStart } from './gaussian-start.js';
import { type LevelOptions, levelOptions } from './level-options.js';
import { karras } from '../spacing/karras.js';
import type { Sampler, StateChain } from './sampler.js';

export interface HeunOptions extends LevelOptions, ChurnOptions {}

/**
 * Heun's method for the probability-flow ODE in sigma / scale, with or without churn (Karras et al., "Elucidating the design
 * space of diffusion-based generative models", 2022, algorithms 1 and 2; k-diffusion: sample_heun): Euler's step, then one
 * with the mean of the slopes at its two ends. Of second order; the step to clean data is Euler's. Two network calls a
 * step, one at a last step to clean data: 2 N - 1.
 *
 * The levels are those of `karras()` by default: the slope at the end of a step is the network's error divided by the noise
 * there, which ruins samples where that is many times less than at the step's beginning, as in the last of `linspace()`.
 *
 * @throws RangeError on options out of range
 */
export function heun({ spacing = karras(), ...options }: HeunOptions = {}): Sampler {
  const { plan, transitions, onDevice, x0: estimateX0 } = levelOptions({ spacing, ...options });
  const churned = churn(options);
  return {
    name: 'heun',
    onDevice,
    plan,
    initialise: gaussianStart,
    async *run(chain: StateChain, plan) {
      const { x } = chain;
      const raise = churned(chain, plan);
      const start = x.slice();
      for (const { from, to, next } of transitions(chain, plan)) {
        const hat = raise(from);
        const x0 = await estimateX0(chain, hat);
        combine(start, [1, x]);
        const { onX, onX0 } = eulerStep(hat, to);
        combine(x, [onX, x], [onX0, x0]);
        if (next) {
          // With Euler's x' = x + h d, x + h (d + d') / 2 = (x + x') / 2 + h d' / 2, where d' = (x' - x_0-hat') / sigma'.
          const half = (1 - noiseRatio(hat) / noiseRatio(next)) / 2;
          const end = await estimateX0(chain, next);
          combine(x, [to.scale / hat.scale / 2, start], [0.5 + half, x], [-half * to.scale, end]);
        }
        yield { level: hat.level };
      }
    },
  };
}
