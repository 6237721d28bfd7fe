import { CLEAN, type Level } from '../process/level.js';
import { logSnr } from '../process/noise-ratio.js';
import type { State } from '../sampling/state.js';
import { combine } from './combine.js';
import { checkOneOf } from './check-one-of.js';
import { exponentialMoment } from './exponential-moment.js';
import { gaussianStart } from './gaussian-start.js';
import { keep, type KeptEstimate } from './kept-estimates.js';
import { type LevelOptions, levelOptions } from './level-options.js';
import { quadratureWeights } from './quadrature-weights.js';
import type { Sampler, StateChain } from './sampler.js';
import { weightedStep } from './weighted-step.js';

export interface DpmSolverSinglestepOptions extends LevelOptions {
  /** Of the solver, and how many levels make one step of it; 2 by default (diffusers: `solver_order`). */
  order?: 1 | 2 | 3;
  /** The paper's (default), or the integral of the polynomial through the estimates of the block. */
  solverType?: 'midpoint' | 'heun';
  /** Whether the last step is of order 1, false by default; it is whenever it ends at clean data. */
  lowerOrderFinal?: boolean;
}

/**
 * DPM-Solver++ in blocks of `order` levels, which forget the blocks before: from the first of a block, where x is x_s, its
 * steps are of order 1, 2 and so on, each one network call and
 * x' = sigma' / sigma_s x_s + scale' integral of e^-(h - tau) x_0-hat(tau) over tau from 0 to h, with lambda = log(scale / sigma)
 * and h = lambda' - lambda_s (Lu et al., "DPM-Solver++: fast solver for guided sampling of diffusion probabilistic models",
 * 2022, algorithm 1 for order 2; diffusers: DPMSolverSinglestepScheduler). Only at the end of a block is x of the solver's
 * order. A last block that is cut short ends at the order that it has come to.
 *
 * Type 'heun' takes that integral of the polynomial through the block's estimates. The paper's 'midpoint' has
 * h / 2 (1 - e^-h) in place of the integral of tau at order 2, and at order 3 the line through the first and the last
 * estimate, which makes order 3 of it where the block's levels are even in lambda (Lu et al., "DPM-Solver", 2022,
 * algorithm 2).
 *
 * @throws RangeError on options out of range
 */
export function dpmSolverSinglestep({
  order = 2,
  solverType = 'midpoint',
  lowerOrderFinal = false,
  ...options
}: DpmSolverSinglestepOptions = {}): Sampler {
  checkOneOf('order', order, [1, 2, 3]);
  checkOneOf('solverType', solverType, ['midpoint', 'heun']);
  const { plan, transitions, onDevice, x0: estimateX0 } = levelOptions(options);
  return {
    name: 'dpm-solver-singlestep',
    onDevice,
    plan,
    initialise: gaussianStart,
    async *run(chain: StateChain, plan) {
      let kept: KeptEstimate[] = [];
      const startX = chain.x.slice();
      let s: { level: Level; x: State } | undefined;
      for (const [i, { from, to }] of transitions(chain, plan).entries()) {
        kept = keep(kept, order, from, await estimateX0(chain, from));
        const last = i === plan.steps - 1;
        const lower = to === CLEAN || (lowerOrderFinal && last && plan.steps % order === 0);
        const p = lower ? 1 : (i % order) + 1;
        if (p === 1 || !s) s = { level: from, x: combine(startX, [1, chain.x]) };
        const block = kept.slice(0, p).reverse();
        const used = p === 3 && solverType === 'midpoint' ? [block[0]!, block[2]!] : block;
        const h = logSnr(to) - logSnr(s.level);
        const weights = quadratureWeights(
          used.map(({ lambda }) => lambda - used[0]!.lambda),
          used.map((_, k) =>
            p === 2 && k === 1 && solverType === 'midpoint'
              ? (h / 2) * exponentialMoment(0, h)
              : exponentialMoment(k, h),
          ),
        );
        weightedStep(chain.x, [to.sigma / s.level.sigma, s.x], to.scale, weights, used);
        yield { level: from.level };
      }
    },
  };
}
