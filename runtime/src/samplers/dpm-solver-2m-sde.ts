import { type AncestralOptions, ancestralOptions } from './ancestral-options.js';
import { combine } from './combine.js';
import { gaussianStart } from './gaussian-start.js';
import { levelOptions } from './level-options.js';
import type { Sampler, StateChain } from './sampler.js';
import { sdeStep } from './sde-step.js';

export interface DpmSolverPP2MSdeOptions extends AncestralOptions {
  /** How the course of x_0-hat is integrated: at the middle of the step ('midpoint', the default), or exactly ('heun'). */
  solverType?: 'midpoint' | 'heun' | undefined;
}

/**
 * DPM-Solver++(2M) for the reverse SDE: x_0-hat goes on in lambda along the line through its last two values (Lu et al.,
 * "DPM-Solver++", 2022, section 6, SDE-DPM-Solver++(2M); k-diffusion: sample_dpmpp_2m_sde). With eta = 0 it is
 * DPM-Solver++(2M), of second order. The first step is of first order, and the step to clean data takes x_0-hat. One
 * network call a step.
 *
 * @throws RangeError on options out of range
 */
export function dpmSolverPP2MSde({
  solverType = 'midpoint',
  ...options
}: DpmSolverPP2MSdeOptions = {}): Sampler {
  if (solverType !== 'midpoint' && solverType !== 'heun')
    throw new RangeError(`solverType is ${String(solverType)}; expected 'midpoint' or 'heun'.`);
  const { plan, transitions, onDevice, x0: estimateX0 } = levelOptions(options);
  const { eta, sNoise } = ancestralOptions(options);
  return {
    name: 'dpm-solver-2m-sde',
    onDevice,
    plan,
    initialise: gaussianStart,
    async *run(chain: StateChain, plan) {
      const { x } = chain;
      const last = x.slice();
      let hLast = Infinity;
      for (const { from, to, next } of transitions(chain, plan)) {
        const x0 = await estimateX0(chain, from);
        if (!next) combine(x, [1, x0]);
        else {
          const { h, moment, onX, noise } = sdeStep(from, to, eta);
          const onX0 = to.scale * moment(0);
          // Of the slope of x_0-hat, (x_0-hat - its last) / hLast.
          const onSlope = solverType === 'heun' ? to.scale * moment(1) : (onX0 * h) / 2;
          const onLast = -onSlope / hLast;
          const drift = [
            [onX, x],
            [onX0 - onLast, x0],
            [onLast, last],
          ] as const;
          if (noise > 0) combine(x, ...drift, [noise * sNoise, chain.normals()]);
          else combine(x, ...drift);
          combine(last, [1, x0]);
          hLast = h;
        }
        yield { level: from.level };
      }
    },
  };
}
