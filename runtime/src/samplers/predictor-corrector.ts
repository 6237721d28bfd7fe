import { convert } from '../parametrisation/convert.js';
import { combine } from './combine.js';
import type { Corrector, Score } from './correctors/corrector.js';
import { gaussianStart } from './gaussian-start.js';
import { type LevelOptions, levelOptions } from './level-options.js';
import type { Predictor } from './predictors/predictor.js';
import { reverseDiffusion } from './predictors/reverse-diffusion.js';
import type { Sampler } from './sampler.js';

export interface PredictorCorrectorOptions extends LevelOptions {
  /** `reverseDiffusion` (default), `ancestral`, `eulerMaruyama`, or one of your own. */
  predictor?: Predictor;
  /** For instance `langevinCorrector()`; none by default, which is the predictor alone. */
  corrector?: Corrector | undefined;
  /** Whether the last predictor step is without noise, as it is by default (score_sde: `noise_removal`). */
  denoise?: boolean;
}

/**
 * Predictor-corrector sampling: at each level the corrector moves x within the level's law, then the predictor takes it to
 * the next level (Song et al., "Score-based generative modeling through stochastic differential equations", 2021,
 * algorithms 2 to 5). The corrector comes first, as in the authors' code, since clean data leave it nothing to do. A step is
 * one network call and those of the corrector.
 *
 * @throws RangeError on options out of range
 */
export function predictorCorrector(options: PredictorCorrectorOptions = {}): Sampler {
  const { predictor = reverseDiffusion, corrector, denoise = true, ...levels } = options;
  const { plan, transitions, x0: estimateX0 } = levelOptions(levels);
  const score: Score = async (chain, level) => {
    const x0 = await estimateX0(chain, level);
    return convert(x0, chain.x, x0, 'x0', 'score', level);
  };
  return {
    name: 'predictor-corrector',
    plan,
    initialise: gaussianStart,
    async *run(chain, plan) {
      const { card, x, normals } = chain;
      const steps = transitions(chain, plan);
      for (const transition of steps) {
        const { from, to } = transition;
        await corrector?.(chain, transition, score);
        const s = await score(chain, from);
        const { onX, onScore, std } = predictor(from, to, card.process.kind);
        if (std === 0 || (denoise && transition === steps.at(-1))) combine(x, [onX, x], [onScore, s]);
        else combine(x, [onX, x], [onScore, s], [std, normals()]);
        yield { level: from.level };
      }
    },
  };
}
