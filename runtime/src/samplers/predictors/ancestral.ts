import { posterior } from '../../process/posterior.js';
import type { Predictor } from './predictor.js';

/**
 * Ancestral sampling (Song et al., "Score-based generative modeling through stochastic differential equations", 2021,
 * equation 4 and appendix F; score_sde: AncestralSamplingPredictor). For vp the mean is
 * (x + beta s) / sqrt(1 - beta) and the variance beta, DDPM's large one; for ve they are those of the posterior.
 */
export const ancestral: Predictor = (from, to, kind) => {
  const { forwardVariance, variance } = posterior(from, to);
  const onX = to.scale / from.scale;
  return {
    onX,
    onScore: forwardVariance * onX,
    std: Math.sqrt(kind === 'vp' ? forwardVariance : variance),
  };
};
