import type { Marginal } from '../process/level.js';
import { noiseRatio } from '../process/noise-ratio.js';

/**
 * Euler's step of dx/dsigma = (x - x_0-hat) / sigma in units of the data, x / scale, from one amount of noise to another:
 * x' / scale' = sigma_down / sigma x / scale + (1 - sigma_down / sigma) x_0-hat.
 *
 * @param sigmaDown where it ends, as sigma / scale; the noise of `to` by default, less where noise will be added
 * @returns the coefficients of x and x_0-hat in x'
 */
export function eulerStep(
  from: Marginal,
  to: Marginal,
  sigmaDown = noiseRatio(to),
): { onX: number; onX0: number } {
  const kept = sigmaDown / noiseRatio(from);
  return { onX: (to.scale / from.scale) * kept, onX0: to.scale * (1 - kept) };
}
