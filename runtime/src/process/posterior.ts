import type { Marginal } from './level.js';

/** q(x' | x, x_0) = N(onX x + onX0 x_0, variance I). */
export interface Posterior {
  readonly onX: number;
  readonly onX0: number;
  readonly variance: number;
  /** Variance that the forward process adds on the way from x' to x: beta_t for vp, sigma^2 - sigma'^2 for ve. */
  readonly forwardVariance: number;
}

/**
 * The posterior of a cleaner level `to`, given x at the level `from` and x_0. With a = scale / scale' and
 * b = sigma^2 - a^2 sigma'^2: mean a sigma'^2 / sigma^2 x + scale' b / sigma^2 x_0, variance b sigma'^2 / sigma^2.
 * For neighbours of a vp chain this is Ho et al. 2020, equations 6 and 7; for ve, Song et al. 2021, equation 46.
 */
export function posterior(from: Marginal, to: Marginal): Posterior {
  const a = from.scale / to.scale;
  const kept = (to.sigma / from.sigma) ** 2;
  // Never negative, whatever the last bit of the schedule says.
  const forwardVariance = Math.max(0, from.sigma ** 2 - (a * to.sigma) ** 2);
  return {
    onX: a * kept,
    onX0: (to.scale * forwardVariance) / from.sigma ** 2,
    variance: forwardVariance * kept,
    forwardVariance,
  };
}
