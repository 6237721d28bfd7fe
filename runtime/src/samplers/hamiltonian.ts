import { checkSteps } from '../schedules/check.js';
import { checkStepSize } from './langevin-step.js';
import { leapfrog } from './leapfrog.js';
import { metropolis, stateAt } from './metropolis.js';
import { oneLevel } from './one-level.js';
import type { Sampler } from './sampler.js';
import { uniformStart } from './uniform-start.js';

export interface HamiltonianOptions {
  /**
   * Step size of the leapfrog, sqrt(2e-5) by default: a Langevin step of size eps^2 goes as far. An acceptance of 0.651 is
   * best in many dimensions (Beskos et al. 2013).
   */
  eps?: number;
  /**
   * Leapfrog steps L from one decision to the next, 10 by default. A Gaussian of standard deviation s is back at its mirror
   * image where eps L is pi s, and hardly mixes near it; pi s / 2 is best.
   */
  leapfrog?: number;
  /** The level whose density is sampled, one of the model's; its cleanest by default. */
  level?: number;
}

/**
 * Hamiltonian Monte Carlo at one noise level, for models with an energy f: a momentum p ~ N(0, I), L leapfrog steps along
 * H(x, p) = f(x) + |p|^2 / 2 to (x', p'), accepted with probability min(1, exp(H(x, p) - H(x', p'))); 100 times unless
 * `steps` says otherwise, from uniform noise in the value range (Duane et al. 1987; Neal, "MCMC using Hamiltonian
 * dynamics", 2011, section 5.3.2). One leapfrog step is `mala` of step size eps^2.
 *
 * @throws RangeError if eps is not a positive number or leapfrog not a positive integer.
 */
export function hamiltonian({
  eps = Math.sqrt(2e-5),
  leapfrog: L = 10,
  level,
}: HamiltonianOptions = {}): Sampler {
  checkStepSize(eps);
  checkSteps('leapfrog', L);
  return {
    name: 'hamiltonian',
    needs: 'energy',
    plan: (process, steps = 100) => oneLevel(process, steps, level),
    initialise: uniformStart,
    async *run(chain, { levels, steps }) {
      const at = levels[0]!;
      const here = await stateAt(chain, at);
      for (let k = 0; k < steps; k++) {
        const p = Float64Array.from(chain.normals());
        const H = total(here.energy, p);
        const there = await leapfrog(chain, p, here.score, { level: at, eps, L });
        const logRatio = total(there.energy, p).map((end, i) => H[i]! - end);
        yield { level: at.level, accepted: metropolis(chain, here, there, logRatio) };
      }
    },
  };
}

/** H = f + |p|^2 / 2, [batch]. */
function total(energy: Float32Array, p: Float64Array): Float64Array {
  const size = p.length / energy.length;
  const H = Float64Array.from(energy);
  for (let i = 0; i < p.length; i++) H[Math.floor(i / size)]! += p[i]! ** 2 / 2;
  return H;
}
