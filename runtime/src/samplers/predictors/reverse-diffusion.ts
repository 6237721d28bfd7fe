import { posterior } from '../../process/posterior.js';
import type { Predictor } from './predictor.js';

/**
 * The reverse SDE discretised as the forward one is, x' = x - f + G^2 s + G z (Song et al., "Score-based generative
 * modeling through stochastic differential equations", 2021, appendix E and algorithms 2 and 3; score_sde:
 * ReverseDiffusionPredictor): for ve f = 0 and G^2 = sigma^2 - sigma'^2, for vp f = (sqrt(1 - beta) - 1) x and G^2 = beta
 * with 1 - beta = (scale / scale')^2.
 */
export const reverseDiffusion: Predictor = (from, to) => {
  const { forwardVariance } = posterior(from, to);
  return { onX: 2 - from.scale / to.scale, onScore: forwardVariance, std: Math.sqrt(forwardVariance) };
};
