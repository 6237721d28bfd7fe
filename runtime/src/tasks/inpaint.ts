import { posterior } from '../process/posterior.js';
import { CLEAN, type Marginal } from '../process/level.js';
import { combine } from '../samplers/combine.js';
import type { Chain, Sampler } from '../samplers/sampler.js';
import type { FloatArray } from '../sampling/float-array.js';
import { levelByLevel } from './level-by-level.js';

export interface InpaintOptions {
  /** What is known: one sample [...shape] for all, or one for each, [count, ...shape]; values that are not kept are not read. */
  readonly known: FloatArray;
  /** 1 where `known` is kept and 0 where the sampler fills in, of the shape of `known`. */
  readonly mask: FloatArray;
  /**
   * How often each step is taken, with noise added back in between, so that what is filled in comes to agree with what is
   * known (RePaint's r); 1, the default, is replacement alone.
   */
  readonly resamplings?: number | undefined;
}

/**
 * Inpainting: after each step the known values are put back, with the noise of the level that was reached (Lugmayr et al.,
 * "RePaint: inpainting using denoising diffusion probabilistic models", 2022, algorithm 1 with jump length 1; replacement
 * alone is Song et al., "Score-based generative modeling through stochastic differential equations", 2021, appendix I.2).
 * Replacement alone is not conditional sampling: what is filled in knows of what is known only through the noise.
 *
 * @param sampler one that goes from level to level, a step at each, and remembers nothing of the steps before, such as ddpm
 * @throws RangeError if `resamplings` is not a positive integer; when it starts, if a size is another or the mask has
 *   values beside 0 and 1
 */
export function inpaint(sampler: Sampler, { known, mask, resamplings = 1 }: InpaintOptions): Sampler {
  if (!(Number.isSafeInteger(resamplings) && resamplings > 0))
    throw new RangeError(`resamplings is ${resamplings}; expected a positive integer.`);
  if (mask.length !== known.length)
    throw new RangeError(`mask has ${mask.length} numbers; expected ${known.length}, as many as known.`);
  if (mask.some((value) => value !== 0 && value !== 1))
    throw new RangeError('mask has values other than 0 and 1.');
  return {
    ...sampler,
    onDevice: false,
    plan(process, steps) {
      const { levels, steps: total } = levelByLevel(sampler, process, steps);
      return { levels, steps: total * resamplings };
    },
    initialise(chain, plan) {
      // Sizes are found out before the network is asked.
      chain.rows(known);
      sampler.initialise(chain, plan);
    },
    async *run(chain, { levels }) {
      const [data, kept] = [chain.rows(known), chain.rows(mask)];
      for (const [i, level] of levels.entries()) {
        const to = levels[i + 1] ?? CLEAN;
        for (let r = 1; r <= resamplings; r++) {
          if (r > 1) addNoise(chain, to, level);
          const rest = levels.slice(i);
          const step = sampler.run(chain, { levels: rest, steps: rest.length });
          const { value } = await step.next();
          // Of the sampler's way from here on, the one step is all that is wanted.
          await step.return(undefined);
          putBack(chain, data, kept, to);
          yield { level: value?.level ?? level.level };
        }
      }
    },
  };
}

/** x <- mask (scale known + sigma z) + (1 - mask) x. */
function putBack(chain: Chain, known: FloatArray, mask: FloatArray, { scale, sigma }: Marginal): void {
  const { x } = chain;
  const z = sigma > 0 ? chain.normals() : undefined;
  for (let i = 0; i < x.length; i++) if (mask[i] === 1) x[i] = scale * known[i]! + (z ? sigma * z[i]! : 0);
}

/** From a level back to a noisier one, by the forward process. */
function addNoise({ x, normals }: Chain, from: Marginal, to: Marginal): void {
  const { forwardVariance } = posterior(to, from);
  combine(x, [to.scale / from.scale, x], [Math.sqrt(forwardVariance), normals()]);
}
