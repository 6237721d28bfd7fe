import { CLEAN } from '../../process/level.js';
import { posterior } from '../../process/posterior.js';
import type { Predictor } from './predictor.js';

/**
 * Euler-Maruyama for the reverse SDE dx = (f - g^2 s) dt + g dw (Song et al., "Score-based generative modeling through
 * stochastic differential equations", 2021, equation 6; score_sde: EulerMaruyamaPredictor). For vp -f dt = beta / 2 x and
 * g^2 dt = beta with 1 - beta = (scale / scale')^2; for ve, whose sigma is geometric in t, f = 0 and
 * g^2 dt = 2 sigma^2 log(sigma / sigma').
 *
 * The logarithm has no end at clean data. The authors stop a step short of it; here the last step of a ve process is over
 * the whole variance, sigma^2, as those of the other predictors are, and so denoises fully.
 */
export const eulerMaruyama: Predictor = (from, to, kind) => {
  const { forwardVariance } = posterior(from, to);
  if (kind === 'vp')
    return { onX: 1 + forwardVariance / 2, onScore: forwardVariance, std: Math.sqrt(forwardVariance) };
  const variance = to === CLEAN ? forwardVariance : 2 * from.sigma ** 2 * Math.log(from.sigma / to.sigma);
  return { onX: 1, onScore: variance, std: Math.sqrt(variance) };
};
