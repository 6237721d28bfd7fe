/** Where an ancestral step ends before noise is added, and how much is added, in units of the data. */
export interface AncestralStep {
  readonly sigmaDown: number;
  readonly sigmaUp: number;
}

/**
 * Splits a step from sigma to sigma', both sigma / scale, into one down to sigma_down and noise sigma_up with
 * sigma_down^2 + sigma_up^2 = sigma'^2: sigma_up^2 = eta^2 sigma'^2 (sigma^2 - sigma'^2) / sigma^2, the variance of the
 * posterior for eta = 1, and at most sigma'^2 (Song et al., "Denoising diffusion implicit models", 2021, equation 16;
 * k-diffusion: get_ancestral_step).
 */
export function ancestralStep(from: number, to: number, eta: number): AncestralStep {
  // Never negative, whatever the last bit of the levels says.
  const sigmaUp = Math.min(to, eta * to * Math.sqrt(Math.max(0, 1 - (to / from) ** 2)));
  return { sigmaDown: Math.sqrt(to ** 2 - sigmaUp ** 2), sigmaUp };
}
