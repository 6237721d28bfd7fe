import { alongSigma, type SigmaRange } from './sigma-range.js';
import type { Spacing } from './spacing.js';

export interface KarrasOptions extends SigmaRange {
  /** Curvature, greater than 0; 7 by default. */
  rho?: number;
}

/**
 * sigma_i = (sigma_max^(1/rho) + i / (n - 1) (sigma_min^(1/rho) - sigma_max^(1/rho)))^rho (Karras et al., "Elucidating the
 * design space of diffusion-based generative models", 2022, equation 5), sigma being the noise in units of the data.
 *
 * @throws RangeError if rho is not greater than 0
 */
export function karras({ rho = 7, ...range }: KarrasOptions = {}): Spacing {
  if (!(rho > 0 && rho < Infinity)) throw new RangeError(`rho is ${rho}; expected a positive number.`);
  return alongSigma(
    range,
    (u, { min, max }) => (max ** (1 / rho) + u * (min ** (1 / rho) - max ** (1 / rho))) ** rho,
  );
}
