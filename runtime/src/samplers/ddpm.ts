import { CLEAN } from '../process/level.js';
import { posterior } from '../process/posterior.js';
import { processLevels } from '../process/process-levels.js';
import { respace } from '../process/respace.js';
import type { Sampler } from './sampler.js';

export interface DdpmOptions {
  /** sigma_t^2: `'small'` (default) is betat_t, the posterior's; `'large'` is beta_t. */
  variance?: 'small' | 'large';
  /** Whether the estimate of x_0 is clipped to the model's value range, as it is by default. */
  clip?: boolean;
}

/**
 * Ancestral sampling: x' = E[x' | x, x_0 = x_0-hat(x)] + sigma z, with z = 0 at the last step
 * (Ho et al., "Denoising diffusion probabilistic models", 2020, algorithm 2; for a ve process Song et al.,
 * "Score-based generative modeling through stochastic differential equations", 2021, appendix F). `steps` takes an even
 * selection of the levels; without it every level is a step.
 */
export function ddpm({ variance = 'small', clip = true }: DdpmOptions = {}): Sampler {
  return {
    name: 'ddpm',
    plan(process, steps) {
      const levels = respace(processLevels(process), steps);
      return { levels, steps: levels.length };
    },
    initialise({ card, x, normals }, { levels }) {
      const std = card.process.kind === 'vp' ? 1 : levels[0]!.sigma;
      normals().forEach((z, i) => (x[i] = std * z));
    },
    async *run({ card, x, estimate, normals }, { levels }) {
      const [low, high] = clip ? card.valueRange : [-Infinity, Infinity];
      for (const [i, level] of levels.entries()) {
        const next = levels[i + 1] ?? CLEAN;
        const x0 = await estimate('x0', level);
        const q = posterior(level, next);
        if (next === CLEAN) {
          for (let j = 0; j < x.length; j++) x[j] = clamp(x0[j]!, low, high);
        } else {
          const sigma = Math.sqrt(variance === 'small' ? q.variance : q.forwardVariance);
          const z = normals();
          for (let j = 0; j < x.length; j++)
            x[j] = q.onX * x[j]! + q.onX0 * clamp(x0[j]!, low, high) + sigma * z[j]!;
        }
        yield { level: level.level };
      }
    },
  };
}

/** By comparisons: Math.min and Math.max also have NaN and -0 to see to, and this is done for every pixel. */
const clamp = (value: number, low: number, high: number): number =>
  value < low ? low : value > high ? high : value;
