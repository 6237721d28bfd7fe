import { continuousLevels } from '../process/level-at.js';
import { noiseRatio } from '../process/noise-ratio.js';
import { type AncestralOptions, ancestralOptions } from './ancestral-options.js';
import { ancestralStep } from './ancestral-step.js';
import { combine } from './combine.js';
import { eulerStep } from './euler-step.js';
import { gaussianStart } from './gaussian-start.js';
import { levelOptions } from './level-options.js';
import type { Sampler, StateChain } from './sampler.js';

export type DpmSolverPP2SAncestralOptions = AncestralOptions;

/**
 * DPM-Solver++(2S), with r = 1/2, down to less noise than the next level's, and noise up to it (Lu et al., "DPM-Solver++",
 * 2022, algorithm 1, for the step; k-diffusion: sample_dpmpp_2s_ancestral). In units of the data its two stages are Euler's
 * steps, since exp(-h) is the ratio of the sigmas. Of second order with eta = 0. Two network calls a step, one at a last
 * step to clean data: 2 N - 1.
 *
 * The middle is asked at sqrt(sigma sigma_down), which an eta above 1 can take below the model's cleanest level: then it is
 * asked at that.
 *
 * @throws RangeError on options out of range
 */
export function dpmSolverPP2SAncestral(options: DpmSolverPP2SAncestralOptions = {}): Sampler {
  const { plan, transitions, onDevice, x0: estimateX0 } = levelOptions(options);
  const { eta, sNoise } = ancestralOptions(options);
  return {
    name: 'dpm-solver-2s-ancestral',
    onDevice,
    plan,
    initialise: gaussianStart,
    async *run(chain: StateChain, plan) {
      const { card, x } = chain;
      const levels = continuousLevels(card.process);
      const start = x.slice();
      for (const { from, to } of transitions(chain, plan)) {
        const sigma = noiseRatio(from);
        const { sigmaDown, sigmaUp } = ancestralStep(sigma, noiseRatio(to), eta);
        let x0 = await estimateX0(chain, from);
        combine(start, [1, x]);
        if (sigmaDown > 0) {
          const middle = levels.at(Math.max(Math.sqrt(sigma * sigmaDown), levels.min));
          const half = eulerStep(from, middle);
          combine(x, [half.onX, x], [half.onX0, x0]);
          x0 = await estimateX0(chain, middle);
        }
        const { onX, onX0 } = eulerStep(from, to, sigmaDown);
        if (sigmaUp > 0) combine(x, [onX, start], [onX0, x0], [to.scale * sNoise * sigmaUp, chain.normals()]);
        else combine(x, [onX, start], [onX0, x0]);
        yield { level: from.level };
      }
    },
  };
}
