import { noiseRatio } from '../process/noise-ratio.js';
import { combine, type Term } from './combine.js';
import { gaussianStart } from './gaussian-start.js';
import { type LevelOptions, levelOptions } from './level-options.js';
import { quadratureWeights } from './quadrature-weights.js';
import type { Sampler, StateChain } from './sampler.js';

export interface LmsOptions extends LevelOptions {
  /** How many slopes a step takes: 1 to 4, the default. */
  order?: number | undefined;
}

/**
 * The linear multistep (Adams-Bashforth) method for the probability-flow ODE in sigma / scale: the slopes d = (x - x_0-hat) /
 * sigma in units of the data of the last `order` levels, as many as there are at the first steps, are interpolated by a
 * polynomial in sigma, which is integrated exactly (Hairer, Norsett and Wanner, "Solving ordinary differential equations I",
 * section III.5; k-diffusion: sample_lms). One network call a step.
 *
 * @throws RangeError on options out of range
 */
export function lms({ order = 4, ...options }: LmsOptions = {}): Sampler {
  if (!(Number.isInteger(order) && order >= 1 && order <= 4))
    throw new RangeError(`order is ${order}; expected 1, 2, 3 or 4.`);
  const { plan, transitions, onDevice, x0: estimateX0 } = levelOptions(options);
  return {
    name: 'lms',
    onDevice,
    plan,
    initialise: gaussianStart,
    async *run(chain: StateChain, plan) {
      const { x } = chain;
      // The newest first.
      const slopes: { sigma: number; d: typeof x }[] = [];
      for (const { from, to } of transitions(chain, plan)) {
        const sigma = noiseRatio(from);
        const x0 = await estimateX0(chain, from);
        const d = slopes.length < order ? x.slice() : slopes.pop()!.d;
        // d is eps-hat: (x / scale - x_0-hat) / (sigma / scale).
        slopes.unshift({ sigma, d: combine(d, [1 / from.sigma, x], [-1 / sigma, x0]) });
        const h = noiseRatio(to) - sigma;
        const weights = quadratureWeights(
          slopes.map((slope) => slope.sigma - sigma),
          slopes.map((_, k) => h ** (k + 1) / (k + 1)),
        );
        const terms = slopes.map(({ d }, j): Term => [to.scale * weights[j]!, d]);
        combine(x, [to.scale / from.scale, x], ...terms);
        yield { level: from.level };
      }
    },
  };
}
