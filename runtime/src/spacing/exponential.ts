import { alongSigma, type SigmaRange } from './sigma-range.js';
import type { Spacing } from './spacing.js';

export interface ExponentialOptions extends SigmaRange {
  /** 1, the default, is exponential; others bend it (k-diffusion: get_sigmas_polyexponential). Greater than 0. */
  rho?: number;
}

/**
 * log sigma_i falls from log sigma_max to log sigma_min as 1 - (1 - u)^rho with u = i / (n - 1): with rho = 1 the levels are
 * evenly spaced in the logarithm of the signal-to-noise ratio (Lu et al., "DPM-Solver", 2022, section 3.4).
 *
 * @throws RangeError if rho is not greater than 0
 */
export function exponential({ rho = 1, ...range }: ExponentialOptions = {}): Spacing {
  if (!(rho > 0 && rho < Infinity)) throw new RangeError(`rho is ${rho}; expected a positive number.`);
  return alongSigma(range, (u, { min, max }) => {
    const up = (1 - u) ** rho;
    return Math.exp(up * (Math.log(max) - Math.log(min)) + Math.log(min));
  });
}
