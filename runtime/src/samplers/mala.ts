import { checkStepSize, langevinStep } from './langevin-step.js';
import { metropolis, type State, stateAt } from './metropolis.js';
import { oneLevel } from './one-level.js';
import type { Sampler } from './sampler.js';
import { uniformStart } from './uniform-start.js';

export interface MalaOptions {
  /** Step size eps, 2e-5 by default. An acceptance of 0.574 is best in many dimensions (Roberts and Rosenthal 1998). */
  eps?: number;
  /** The level whose density is sampled, one of the model's; its cleanest by default. */
  level?: number;
}

/**
 * The Metropolis-adjusted Langevin algorithm at one noise level, for models with an energy f: x' = x + eps / 2 s(x) +
 * sqrt(eps) z is accepted with probability min(1, exp(f(x) - f(x')) q(x | x') / q(x' | x)), q being the density of that
 * move, 1,000 times unless `steps` says otherwise, from uniform noise in the value range (Besag 1994; Roberts and
 * Tweedie, "Exponential convergence of Langevin distributions and their discrete approximations", 1996).
 * Unlike `langevin` it is right at any step size: what a large one costs is acceptance.
 *
 * @throws RangeError if eps is not a positive number.
 */
export function mala({ eps = 2e-5, level }: MalaOptions = {}): Sampler {
  checkStepSize(eps);
  return {
    name: 'mala',
    needs: 'energy',
    plan: (process, steps = 1000) => oneLevel(process, steps, level),
    initialise: uniformStart,
    async *run(chain, { levels, steps }) {
      const at = levels[0]!;
      const here = await stateAt(chain, at);
      for (let k = 0; k < steps; k++) {
        langevinStep(chain.x, here.score, chain.normals(), eps);
        const there = { x: chain.x, ...(await chain.evaluate(at)) };
        const logRatio = Float64Array.from(
          here.energy,
          (f, i) => f - there.energy[i]! + logMove(there, here, i, eps) - logMove(here, there, i, eps),
        );
        yield { level: at.level, accepted: metropolis(chain, here, there, logRatio) };
      }
    },
  };
}

/** log q(to | from) of sample i, up to a constant: -|x' - x - eps / 2 s(x)|^2 / (2 eps). */
function logMove(from: State, to: State, i: number, eps: number): number {
  const size = from.x.length / from.energy.length;
  let sum = 0;
  for (let j = i * size; j < (i + 1) * size; j++) {
    sum += (to.x[j]! - from.x[j]! - (eps / 2) * from.score[j]!) ** 2;
  }
  return -sum / (2 * eps);
}
