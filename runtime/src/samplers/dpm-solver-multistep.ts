import { CLEAN } from '../process/level.js';
import { logSnr, noiseRatio } from '../process/noise-ratio.js';
import { checkOneOf } from './check-one-of.js';
import type { Term } from './combine.js';
import { exponentialMoment } from './exponential-moment.js';
import { gaussianStart } from './gaussian-start.js';
import { keep, type KeptEstimate } from './kept-estimates.js';
import { type LevelOptions, levelOptions } from './level-options.js';
import { multistepOrder } from './multistep-order.js';
import { quadratureWeights } from './quadrature-weights.js';
import type { Sampler, StateChain } from './sampler.js';
import { weightedStep } from './weighted-step.js';

export interface DpmSolverMultistepOptions extends LevelOptions {
  /** Of the solver, 2 by default (diffusers: `solver_order`). */
  order?: 1 | 2 | 3;
  /** Of steps of order 2: the paper's (default), or the integral of the line through the last two estimates. */
  solverType?: 'midpoint' | 'heun';
  /** Whether of fewer than 15 steps the last is of order 1 and the one before of order 2 at most, true by default. */
  lowerOrderFinal?: boolean;
  /** Whether the last step is of order 1 also where it does not end at clean data, false by default. */
  eulerAtFinal?: boolean;
  /** Whether noise is drawn at each step (diffusers: `algorithm_type='sde-dpmsolver++'`), at orders 1 and 2. */
  sde?: boolean;
}

/**
 * DPM-Solver++ with the estimates of earlier steps: with lambda = log(scale / sigma) and h the step in it,
 * x' = sigma' / sigma x + scale' integral of e^-(h - tau) x_0-hat(tau) over tau from 0 to h, x_0-hat being the polynomial through
 * the last estimates (Lu et al., "DPM-Solver++: fast solver for guided sampling of diffusion probabilistic models", 2022,
 * proposition 4.1; algorithm 2 for order 2; diffusers: DPMSolverMultistepScheduler). That integral is taken exactly at order 1,
 * which is DDIM, and at order 2 of type 'heun'; the paper's 'midpoint' has h / 2 (1 - e^-h) in place of the integral of tau.
 * Order 3 follows the code of its authors and diffusers, which takes half of the integral of tau^2: its error is a few times
 * smaller than that of order 2, and falls at order 2 too.
 *
 * The SDE has e^-2(h - tau) for e^-(h - tau), and noise of variance sigma'^2 (1 - e^-2h).
 *
 * A step to clean data is of order 1: x_0-hat itself. k-diffusion's sample_dpmpp_2m is order 2 with `lowerOrderFinal` false.
 *
 * @throws RangeError on options out of range
 */
export function dpmSolverMultistep({
  order = 2,
  solverType = 'midpoint',
  lowerOrderFinal = true,
  eulerAtFinal = false,
  sde = false,
  ...options
}: DpmSolverMultistepOptions = {}): Sampler {
  checkOneOf('order', order, sde ? [1, 2] : [1, 2, 3]);
  checkOneOf('solverType', solverType, ['midpoint', 'heun']);
  const { plan, transitions, onDevice, x0: estimateX0 } = levelOptions(options);
  const rate = sde ? 2 : 1;
  return {
    name: 'dpm-solver-multistep',
    onDevice,
    plan,
    initialise: gaussianStart,
    async *run(chain: StateChain, plan) {
      let kept: KeptEstimate[] = [];
      for (const [i, { from, to }] of transitions(chain, plan).entries()) {
        kept = keep(kept, order, from, await estimateX0(chain, from));
        const first = to === CLEAN || (eulerAtFinal && i === plan.steps - 1);
        const p = first ? 1 : multistepOrder(i, plan.steps, { order, lowerOrderFinal, below: 15 });
        const h = logSnr(to) - logSnr(from);
        const weights = quadratureWeights(
          kept.slice(0, p).map(({ lambda }) => lambda - kept[0]!.lambda),
          moments(p, solverType, h, rate),
        );
        const onX: Term = [
          (to.sigma / from.sigma) * (noiseRatio(to) / noiseRatio(from)) ** (rate - 1),
          chain.x,
        ];
        const noise: Term | undefined =
          sde && to !== CLEAN
            ? [to.sigma * Math.sqrt(Math.max(0, -Math.expm1(-2 * h))), chain.normals()]
            : undefined;
        weightedStep(chain.x, onX, to.scale, weights, kept, noise);
        yield { level: from.level };
      }
    },
  };
}

/** What 1, tau and tau^2 contribute to a step of order p. */
function moments(p: number, solverType: 'midpoint' | 'heun', h: number, rate: number): number[] {
  const moment = (k: number) => exponentialMoment(k, h, rate);
  if (p === 1) return [moment(0)];
  if (p === 3) return [moment(0), moment(1), moment(2) / 2];
  return [moment(0), solverType === 'midpoint' ? (h / 2) * moment(0) : moment(1)];
}
