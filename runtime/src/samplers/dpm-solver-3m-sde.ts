import { type AncestralOptions, ancestralOptions } from './ancestral-options.js';
import { combine } from './combine.js';
import { gaussianStart } from './gaussian-start.js';
import { levelOptions } from './level-options.js';
import type { Sampler, StateChain } from './sampler.js';
import { sdeStep } from './sde-step.js';

export type DpmSolverPP3MSdeOptions = AncestralOptions;

/**
 * DPM-Solver++(3M) for the reverse SDE: x_0-hat goes on in lambda by its last three values (k-diffusion:
 * sample_dpmpp_3m_sde). As there, its second divided difference f_012 stands for its second derivative, which is 2 f_012:
 * with eta = 0 it is of second order, with a smaller error than DPM-Solver++(2M). The first steps are of lower order, and
 * the step to clean data takes x_0-hat. One network call a step.
 *
 * @throws RangeError on options out of range
 */
export function dpmSolverPP3MSde(options: DpmSolverPP3MSdeOptions = {}): Sampler {
  const { plan, transitions, onDevice, x0: estimateX0 } = levelOptions(options);
  const { eta, sNoise } = ancestralOptions(options);
  return {
    name: 'dpm-solver-3m-sde',
    onDevice,
    plan,
    initialise: gaussianStart,
    async *run(chain: StateChain, plan) {
      const { x } = chain;
      let [one, two] = [x.slice(), x.slice()];
      // The last step and that before it; none yet, so that differences over them are 0.
      let [h1, h2] = [Infinity, Infinity];
      for (const { from, to, next } of transitions(chain, plan)) {
        const x0 = await estimateX0(chain, from);
        if (!next) combine(x, [1, x0]);
        else {
          const { h, moment, onX, noise } = sdeStep(from, to, eta);
          const [onF, onTau, onTau2] = [to.scale * moment(0), to.scale * moment(1), to.scale * moment(2)];
          // Of f_012 in the course f_0 + tau (f_01 + h1 f_012) + tau^2 f_012 / 2, and of f_01.
          const onSecond = h2 === Infinity ? 0 : (onTau * h1 + onTau2 / 2) / (h1 + h2);
          const onFirst = onTau + onSecond;
          // f_01 = (f_0 - f_1) / h1, and f_012 = (f_01 - (f_1 - f_2) / h2) / (h1 + h2).
          const onTwo = onSecond / h2;
          const onOne = -onFirst / h1 - onTwo;
          const drift = [
            [onX, x],
            [onF + onFirst / h1, x0],
            [onOne, one],
            [onTwo, two],
          ] as const;
          if (noise > 0) combine(x, ...drift, [noise * sNoise, chain.normals()]);
          else combine(x, ...drift);
          combine(two, [1, x0]);
          [one, two] = [two, one];
          [h1, h2] = [h, h1];
        }
        yield { level: from.level };
      }
    },
  };
}
