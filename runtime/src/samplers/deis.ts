import { CLEAN } from '../process/level.js';
import { logSnr } from '../process/noise-ratio.js';
import { checkOneOf } from './check-one-of.js';
import { combine } from './combine.js';
import { exponentialMoment } from './exponential-moment.js';
import { gaussianStart } from './gaussian-start.js';
import { keep, type KeptEstimate } from './kept-estimates.js';
import { type LevelOptions, levelOptions } from './level-options.js';
import { multistepOrder } from './multistep-order.js';
import { quadratureWeights } from './quadrature-weights.js';
import type { Sampler, StateChain } from './sampler.js';
import { weightedStep } from './weighted-step.js';

export interface DeisOptions extends LevelOptions {
  /** How many estimates a step is made of, 2 by default (diffusers: `solver_order`). */
  order?: 1 | 2 | 3;
  /** Whether of fewer than 15 steps the last is of order 1 and the one before of order 2 at most, true by default. */
  lowerOrderFinal?: boolean;
}

/**
 * DEIS: with rho = sigma / scale, x' / scale' = x / scale + integral of eps-hat over rho from rho to rho', eps-hat being the
 * polynomial in log rho through the last estimates, and the integral exact (Zhang and Chen, "Fast sampling of diffusion
 * models with exponential integrator", 2023, multistep in log rho; diffusers: DEISMultistepScheduler). Order 1 is DDIM.
 *
 * A step to clean data is of order 1: x_0-hat itself. `final: 'min'` is what diffusers does.
 *
 * @throws RangeError on options out of range
 */
export function deis({ order = 2, lowerOrderFinal = true, ...options }: DeisOptions = {}): Sampler {
  checkOneOf('order', order, [1, 2, 3]);
  const { plan, transitions, onDevice, x0: estimateX0 } = levelOptions(options);
  return {
    name: 'deis',
    onDevice,
    plan,
    initialise: gaussianStart,
    async *run(chain: StateChain, plan) {
      let kept: KeptEstimate[] = [];
      for (const [i, { from, to }] of transitions(chain, plan).entries()) {
        const x0 = await estimateX0(chain, from);
        if (to === CLEAN) combine(chain.x, [1, x0]);
        else {
          const eps = combine(x0, [1 / from.sigma, chain.x], [-from.scale / from.sigma, x0]);
          kept = keep(kept, order, from, eps);
          const p = multistepOrder(i, plan.steps, { order, lowerOrderFinal, below: 15 });
          const used = kept.slice(0, p);
          // In lambda = -log rho, where rho = rho' e^(h - tau).
          const h = logSnr(to) - logSnr(from);
          const weights = quadratureWeights(
            used.map(({ lambda }) => lambda - used[0]!.lambda),
            used.map((_, k) => exponentialMoment(k, h, -1)),
          );
          weightedStep(chain.x, [to.scale / from.scale, chain.x], to.sigma, weights, used);
        }
        yield { level: from.level };
      }
    },
  };
}
