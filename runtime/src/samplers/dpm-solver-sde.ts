import { continuousLevels } from '../process/level-at.js';
import { noiseRatio } from '../process/noise-ratio.js';
import { type AncestralOptions, ancestralOptions } from './ancestral-options.js';
import { ancestralStep } from './ancestral-step.js';
import { combine } from './combine.js';
import { eulerStep } from './euler-step.js';
import { gaussianStart } from './gaussian-start.js';
import { levelOptions } from './level-options.js';
import type { Sampler, StateChain } from './sampler.js';

export interface DpmSolverPPSdeOptions extends AncestralOptions {
  /** Where the middle of a step lies, as a share of it in the logarithm of sigma / scale: above 0 and at most 1, 0.5 by default. */
  r?: number | undefined;
}

/**
 * DPM-Solver++ for the reverse SDE, singlestep of second order (k-diffusion: sample_dpmpp_sde): an ancestral step to the
 * middle, and one over the whole with the mean of the two estimates of x_0 that r asks for, (1 - 1 / 2r) and 1 / 2r. Two
 * network calls a step, one at a last step to clean data: 2 N - 1.
 *
 * The noise of both is that of one Brownian path W in sigma / scale, each divided by the root of its interval's length, and
 * the intervals from sigma to sigma_s and to sigma' begin together. Their covariance is the length of the shorter over the
 * root of the product of both, rho = sqrt((sigma - sigma_s) / (sigma - sigma')): with z_1 for the first the second is
 * rho z_1 + sqrt(1 - rho^2) z_2, where z_2 is a fresh draw.
 *
 * @throws RangeError on options out of range
 */
export function dpmSolverPPSde({ r = 0.5, ...options }: DpmSolverPPSdeOptions = {}): Sampler {
  if (!(r > 0 && r <= 1)) throw new RangeError(`r is ${r}; expected a number above 0 and at most 1.`);
  const { plan, transitions, onDevice, x0: estimateX0 } = levelOptions(options);
  const { eta, sNoise } = ancestralOptions(options);
  return {
    name: 'dpm-solver-sde',
    onDevice,
    plan,
    initialise: gaussianStart,
    async *run(chain: StateChain, plan) {
      const { card, x, normals } = chain;
      const levels = continuousLevels(card.process);
      const [start, first, z1] = [x.slice(), x.slice(), x.slice()];
      for (const { from, to, next } of transitions(chain, plan)) {
        combine(first, [1, await estimateX0(chain, from)]);
        if (!next) combine(x, [1, first]);
        else {
          const [sigma, sigmaNext] = [noiseRatio(from), noiseRatio(to)];
          const sigmaMiddle = sigma ** (1 - r) * sigmaNext ** r;
          const middle = levels.at(sigmaMiddle);
          const half = ancestralStep(sigma, sigmaMiddle, eta);
          const whole = ancestralStep(sigma, sigmaNext, eta);
          const noisy = half.sigmaUp > 0;
          if (noisy) combine(z1, [1, normals()]);
          combine(start, [1, x]);
          const toMiddle = eulerStep(from, middle, half.sigmaDown);
          const middleNoise = noisy ? middle.scale * sNoise * half.sigmaUp : 0;
          combine(x, [toMiddle.onX, x], [toMiddle.onX0, first], [middleNoise, z1]);

          const second = await estimateX0(chain, middle);
          const { onX, onX0 } = eulerStep(from, to, whole.sigmaDown);
          const share = 1 / (2 * r);
          const estimates = [
            [onX0 * (1 - share), first],
            [onX0 * share, second],
          ] as const;
          if (noisy) {
            const rho2 = Math.min(1, (sigma - sigmaMiddle) / (sigma - sigmaNext));
            const noise = to.scale * sNoise * whole.sigmaUp;
            const [onZ1, onZ2] = [noise * Math.sqrt(rho2), noise * Math.sqrt(1 - rho2)];
            combine(x, [onX, start], ...estimates, [onZ1, z1], [onZ2, normals()]);
          } else combine(x, [onX, start], ...estimates);
        }
        yield { level: from.level };
      }
    },
  };
}
