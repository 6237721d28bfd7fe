import { CLEAN, type Level } from '../process/level.js';
import { type Posterior, posterior } from '../process/posterior.js';
import { processLevels } from '../process/process-levels.js';
import { respace } from '../process/respace.js';
import type { Sampler } from './sampler.js';

export interface DdpmOptions {
  /**
   * sigma_t^2: `'small'` is betat_t, the posterior's; `'large'` is beta_t; `'learned'` is what the model says of each value.
   * By default it is learned where the model has learned it, and small where it has not.
   */
  variance?: 'small' | 'large' | 'learned' | undefined;
  /** Whether the estimate of x_0 is clipped to the model's value range, as it is by default. */
  clip?: boolean;
}

/**
 * Ancestral sampling: x' = E[x' | x, x_0 = x_0-hat(x)] + sigma z, with z = 0 at the last step
 * (Ho et al., "Denoising diffusion probabilistic models", 2020, algorithm 2; for a ve process Song et al.,
 * "Score-based generative modeling through stochastic differential equations", 2021, appendix F). A learned variance is
 * exp(v log beta + (1 - v) log betat) with both of the step that is taken (Nichol and Dhariwal, "Improved denoising
 * diffusion probabilistic models", 2021, equation 15). `steps` takes an even selection of the levels; without it every
 * level is a step.
 */
export function ddpm({ variance, clip = true }: DdpmOptions = {}): Sampler {
  return {
    name: 'ddpm',
    ...(variance === 'learned' && { needs: 'variance' }),
    plan(process, steps) {
      const levels = respace(processLevels(process), steps);
      return { levels, steps: levels.length };
    },
    initialise({ card, x, normals }, { levels }) {
      const std = card.process.kind === 'vp' ? 1 : levels[0]!.sigma;
      normals().forEach((z, i) => (x[i] = std * z));
    },
    async *run({ card, x, estimate, estimateWithVariance, normals }, { levels }) {
      const learned = variance === undefined || variance === 'learned' ? estimateWithVariance : undefined;
      const ask = async (level: Level) =>
        learned ? learned('x0', level) : { estimate: await estimate('x0', level), varianceShare: undefined };
      for (const [i, level] of levels.entries()) {
        const next = levels[i + 1] ?? CLEAN;
        const { estimate: x0, varianceShare } = await ask(level);
        if (clip) clamp(x0, ...card.valueRange);
        if (next === CLEAN) {
          x.set(x0);
        } else {
          const q = posterior(level, next);
          const z = normals();
          if (varianceShare) scaleByLearned(z, varianceShare, q);
          const sigma = Math.sqrt(variance === 'large' ? q.forwardVariance : q.variance);
          ancestralStep(x, x0, z, q, varianceShare ? 1 : sigma);
        }
        yield { level: level.level };
      }
    },
  };
}

// Functions of their own, since engines compile the loops of a generator late.

/** In place. */
function clamp(values: Float32Array, low: number, high: number): void {
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if (value < low) values[i] = low;
    else if (value > high) values[i] = high;
  }
}

/** x <- onX x + onX0 x_0 + sigma z, in place. */
function ancestralStep(
  x: Float32Array,
  x0: Float32Array,
  z: Float32Array,
  { onX, onX0 }: Posterior,
  sigma: number,
): void {
  for (let i = 0; i < x.length; i++) x[i] = onX * x[i]! + onX0 * x0[i]! + sigma * z[i]!;
}

/** z <- sigma z with log sigma^2 = v log beta + (1 - v) log betat, in place. */
function scaleByLearned(z: Float32Array, v: Float32Array, { variance, forwardVariance }: Posterior): void {
  const smallest = Math.log(variance) / 2;
  const range = Math.log(forwardVariance) / 2 - smallest;
  for (let i = 0; i < z.length; i++) z[i] = z[i]! * Math.exp(smallest + v[i]! * range);
}
