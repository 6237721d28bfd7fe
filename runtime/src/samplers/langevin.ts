import { processLevels } from '../process/process-levels.js';
import { checkSteps } from '../schedules/check.js';
import { checkStepSize, langevinStep } from './langevin-step.js';
import type { Sampler } from './sampler.js';
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
    plan(process, steps = 1000) {
      checkSteps('steps', steps);
      const levels = processLevels(process);
      const chosen =
        level === undefined ? levels.at(-1) : levels.find((candidate) => candidate.level === level);
      if (!chosen) {
        throw new RangeError(
          `level ${level} is not one of the model's ${levels.length}, from ${levels[0]!.level} to ${levels.at(-1)!.level}.`,
        );
      }
      return { levels: [chosen], steps };
    },
    initialise: uniformStart,
    async *run(chain, { levels, steps }) {
      const at = levels[0]!;
      for (let k = 0; k < steps; k++) {
        langevinStep(chain.x, await chain.estimate('score', at), chain.normals(), eps);
        yield { level: at.level };
      }
    },
  };
}
