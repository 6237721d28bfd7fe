import { linearBetas, type LinearBetasOptions } from './linear-betas.js';

/**
 * beta_t with evenly spaced roots from sqrt(beta_1) to sqrt(beta_T), as latent diffusion has it (Rombach et al.,
 * "High-resolution image synthesis with latent diffusion models", 2022; diffusers: `scaled_linear`); 8.5e-4 and 1.2e-2
 * of Stable Diffusion by default.
 *
 * @returns length T + 1, so that the index is t; entry 0 is 0.
 * @throws RangeError unless 0 < betaStart <= betaEnd < 1 and T is a positive integer.
 */
export function scaledLinearBetas({
  betaStart = 8.5e-4,
  betaEnd = 1.2e-2,
  T = 1000,
}: LinearBetasOptions = {}): Float64Array {
  const roots = linearBetas({ betaStart: Math.sqrt(betaStart), betaEnd: Math.sqrt(betaEnd), T });
  return roots.map((root) => root ** 2);
}
