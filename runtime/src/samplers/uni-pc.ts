import { CLEAN, type Level, type Marginal } from '../process/level.js';
import { logSnr } from '../process/noise-ratio.js';
import type { State } from '../sampling/state.js';
import { combine } from './combine.js';
import { checkOneOf } from './check-one-of.js';
import { exponentialMoment } from './exponential-moment.js';
import { gaussianStart } from './gaussian-start.js';
import { keep, type KeptEstimate } from './kept-estimates.js';
import { type LevelOptions, levelOptions } from './level-options.js';
import { multistepOrder } from './multistep-order.js';
import { quadratureWeights } from './quadrature-weights.js';
import type { Sampler, StateChain } from './sampler.js';
import { weightedStep } from './weighted-step.js';

export interface UniPcOptions extends LevelOptions {
  /** Of the predictor, 2 by default (diffusers: `solver_order`); the corrector's is one more. */
  order?: 1 | 2 | 3;
  /** B(h): e^-h - 1 (bh2, the default) or -h (bh1). */
  solverType?: 'bh1' | 'bh2';
  /** Whether steps are of no higher order than there are steps left, true by default. */
  lowerOrderFinal?: boolean;
  /** Steps, from 0, that are not corrected; the first few under strong guidance. */
  disableCorrector?: readonly number[];
}

/**
 * UniPC with data prediction (Zhao et al., "UniPC: a unified predictor-corrector framework for fast sampling of diffusion
 * models", 2023, section 3; diffusers: UniPCMultistepScheduler). The predictor takes the last estimates to the next
 * level; the estimate there, the network call of the next step, then corrects where the step has come to, with one order
 * more. So a step is one network call, and the last is not corrected.
 *
 * Where the paper's equations for the weights are solved, B(h) cancels, and a step is that of `dpmSolverMultistep` with the
 * integral of the polynomial through the estimates taken exactly. The predictor of order 2 and the corrector of order 1 have
 * a weight of 1/2 instead, as in the paper, and B(h) in place of e^-h - 1: with bh2 that predictor is DPM-Solver++(2M).
 *
 * A step to clean data is of order 1: x_0-hat itself.
 *
 * @throws RangeError on options out of range
 */
export function uniPc({
  order = 2,
  solverType = 'bh2',
  lowerOrderFinal = true,
  disableCorrector = [],
  ...options
}: UniPcOptions = {}): Sampler {
  checkOneOf('order', order, [1, 2, 3]);
  checkOneOf('solverType', solverType, ['bh1', 'bh2']);
  const wrong = disableCorrector.find((step) => !(Number.isSafeInteger(step) && step >= 0));
  if (wrong !== undefined)
    throw new RangeError(`disableCorrector has ${wrong}; expected numbers of steps, from 0.`);
  const { plan, transitions, onDevice, x0: estimateX0 } = levelOptions(options);
  return {
    name: 'uni-pc',
    onDevice,
    plan,
    initialise: gaussianStart,
    async *run(chain: StateChain, plan) {
      /** x <- where a step from s comes to, by the estimates of s, earlier levels and perhaps `to`. */
      const step = (s: Start, to: Marginal, used: readonly KeptEstimate[]) => {
        const h = logSnr(to) - logSnr(s.level);
        const weights = quadratureWeights(
          used.map(({ lambda }) => lambda - logSnr(s.level)),
          moments(used.length, solverType, h),
        );
        weightedStep(chain.x, [to.sigma / s.level.sigma, s.x], to.scale, weights, used);
      };
      const startX = chain.x.slice();
      let kept: KeptEstimate[] = [];
      let s: Start | undefined;
      let p = 0;
      for (const [i, { from, to }] of transitions(chain, plan).entries()) {
        kept = keep(kept, order + 1, from, await estimateX0(chain, from));
        if (s && !disableCorrector.includes(i - 1)) step(s, from, kept.slice(0, p + 1));
        s = { level: from, x: combine(startX, [1, chain.x]) };
        const most = multistepOrder(i, plan.steps, { order, lowerOrderFinal, below: Infinity });
        p = to === CLEAN ? 1 : most;
        step(s, to, kept.slice(0, p));
        yield { level: from.level };
      }
    },
  };
}

/** Where a step begins. */
interface Start {
  readonly level: Level;
  readonly x: State;
}

/** What 1, tau, ... contribute to a step of n estimates; of two, tau contributes -h B(h) / 2. */
function moments(n: number, solverType: 'bh1' | 'bh2', h: number): number[] {
  const moment = (k: number) => exponentialMoment(k, h);
  if (n === 2) return [moment(0), (h / 2) * (solverType === 'bh1' ? h : moment(0))];
  return Array.from({ length: n }, (_, k) => moment(k));
}
