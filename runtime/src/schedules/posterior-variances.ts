import { alphaBars } from './alpha-bars.js';

/**
 * betat_t = beta_t (1 - abar_{t-1}) / (1 - abar_t), the variance of q(x_{t-1} | x_t, x_0)
 * (Ho et al. 2020, equation 7).
 *
 * @param betas length T + 1 with entry 0 = 0.
 * @returns length T + 1; entry 1 is 0 (x_0 is known), and so is entry 0.
 */
export function posteriorVariances(betas: Float64Array): Float64Array {
  const abar = alphaBars(betas);
  return betas.map((beta, t) => (t < 2 ? 0 : (beta * (1 - abar[t - 1]!)) / (1 - abar[t]!)));
}

/** log betat_t, with t = 2's value at t = 1, where betat is 0 (Nichol and Dhariwal 2021, the code's clipping). */
export function posteriorLogVariances(betas: Float64Array): Float64Array {
  const variances = posteriorVariances(betas);
  return variances.map((_, t) => Math.log(variances[Math.max(t, Math.min(2, variances.length - 1))]!));
}
