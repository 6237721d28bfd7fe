import { annealingLevels } from '../process/annealing-levels.js';
import type { Level } from '../process/level.js';
import { processLevels } from '../process/process-levels.js';
import { checkSteps } from '../schedules/check.js';
import { ncsnV2StepSize } from '../schedules/ncsn-v2-step-size.js';
import { checkStepSize, langevinStep } from './langevin-step.js';
import type { Sampler, StateChain } from './sampler.js';
import { combine } from './combine.js';
import { uniformStart } from './uniform-start.js';

export interface AnnealedLangevinOptions {
  /** Steps at each level, 100 by default. */
  T?: number;
  /** Step size eps at the cleanest level, 2e-5 by default; `'auto'` is what `ncsnV2StepSize` finds for the levels and T. */
  eps?: number | 'auto';
  /** Number of levels, selected geometrically; all of a ve model's by default, 10 of a vp model's. */
  L?: number;
  /** Whether to end with x + sigma_L^2 s, the denoised x, as it does by default. */
  denoise?: boolean;
}

/**
 * Annealed Langevin dynamics: for every level from the LARGEST sigma to the smallest, alpha_i = eps sigma_i^2 / sigma_L^2
 * and T times x <- x + alpha_i / 2 s(x, sigma_i) + sqrt(alpha_i) z (Song and Ermon, "Generative modeling by estimating
 * gradients of the data distribution", 2019, algorithm 1), starting from uniform noise in the value range as its authors
 * do. The final denoising step is that of Song and Ermon, "Improved techniques for training score-based generative
 * models", 2020. The authors' code has another convention for eps: see `fromNcsnStep`.
 *
 * @throws RangeError if T is not a positive integer or eps neither a positive number nor 'auto'.
 */
export function annealedLangevin(options: AnnealedLangevinOptions = {}): Sampler {
  const { T = 100, eps = 2e-5, denoise = true } = options;
  checkSteps('T', T);
  if (eps !== 'auto') checkStepSize(eps);
  return {
    name: 'annealed-langevin',
    onDevice: true,
    plan(process, steps) {
      const L = options.L ?? (process.kind === 'vp' ? Math.min(10, process.schedule.T) : undefined);
      const levels = annealingLevels(processLevels(process), L);
      const total = levels.length * T + (denoise ? 1 : 0);
      if (steps !== undefined && steps !== total) {
        throw new RangeError(
          `steps is ${steps}; annealed Langevin takes T steps at each of ${levels.length} levels` +
            `${denoise ? ' and one to denoise' : ''}, here ${total}, so leave steps out and set T.`,
        );
      }
      return { levels, steps: total };
    },
    initialise: uniformStart,
    async *run(chain: StateChain, { levels }) {
      const last = levels.at(-1)!;
      const epsL = eps === 'auto' ? autoStepSize(levels, T) : eps;
      for (const [i, level] of levels.entries()) {
        // A vp process shrinks the data; x follows from level to level.
        const rescale = level.scale / (levels[i - 1] ?? level).scale;
        if (rescale !== 1) combine(chain.x, [rescale, chain.x]);
        const alpha = epsL * (level.sigma / last.sigma) ** 2;
        for (let t = 0; t < T; t++) {
          langevinStep(chain.x, await chain.estimate('score', level), chain.normals(), alpha);
          yield { level: level.level };
        }
      }
      if (denoise) {
        combine(chain.x, [1, await chain.estimate('denoiser', last)]);
        yield { level: last.level };
      }
    },
  };
}

/** In units of the data, x / scale, where the levels of a vp process too are the data and noise of sigma / scale. */
function autoStepSize(levels: readonly Level[], T: number): number {
  return (
    ncsnV2StepSize({ sigmas: levels.map(({ sigma, scale }) => sigma / scale), T }) * levels.at(-1)!.scale ** 2
  );
}
