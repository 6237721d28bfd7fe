import { checkStepSize, langevinStep } from './langevin-step.js';
import { oneLevel } from './one-level.js';
import type { Sampler, StateChain } from './sampler.js';
import { uniformStart } from './uniform-start.js';

export interface LangevinOptions {
  /** Step size eps, 2e-5 by default. */
  eps?: number;
  /** The level whose score is followed, one of the model's; its cleanest by default. */
  level?: number;
}

/**
 * Langevin dynamics at one noise level: x <- x + eps / 2 s(x) + sqrt(eps) z, 1,000 times unless `steps` says otherwise,
 * from uniform noise in the value range (Song and Ermon 2019, equation 4). It cannot weigh separated modes: that is what
 * `annealedLangevin` is for.
 *
 * @throws RangeError if eps is not a positive number.
 */
export function langevin({ eps = 2e-5, level }: LangevinOptions = {}): Sampler {
  checkStepSize(eps);
  return {
    name: 'langevin',
    onDevice: true,
    plan: (process, steps = 1000) => oneLevel(process, steps, level),
    initialise: uniformStart,
    async *run(chain: StateChain, { levels, steps }) {
      const at = levels[0]!;
      for (let k = 0; k < steps; k++) {
        langevinStep(chain.x, await chain.estimate('score', at), chain.normals(), eps);
        yield { level: at.level };
      }
    },
  };
}
