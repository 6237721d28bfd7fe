import { checkSteps } from './check.js';

export interface LinearBetasOptions {
  /** beta_1, 1e-4 by default. */
  betaStart?: number;
  /** beta_T, 2e-2 by default (Ho et al.); with 1e-2 the last step keeps abar_T = 6.3e-3 of the data's variance. */
  betaEnd?: number;
  /** Number of steps, 1,000 by default. */
  T?: number;
}

/**
 * beta_t, evenly spaced from beta_1 to beta_T (Ho et al., "Denoising diffusion probabilistic models", 2020, section 4).
 *
 * @returns length T + 1, so that the index is t; entry 0 is 0.
 * @throws RangeError unless 0 < betaStart <= betaEnd < 1 and T is a positive integer.
 */
export function linearBetas({
  betaStart = 1e-4,
  betaEnd = 2e-2,
  T = 1000,
}: LinearBetasOptions = {}): Float64Array {
  checkSteps('T', T);
  if (!(0 < betaStart && betaStart <= betaEnd && betaEnd < 1)) {
    throw new RangeError(`betas from ${betaStart} to ${betaEnd}; expected 0 < betaStart <= betaEnd < 1.`);
  }
  return Float64Array.from({ length: T + 1 }, (_, t) =>
    t === 0 ? 0 : T === 1 ? betaEnd : betaStart + ((betaEnd - betaStart) * (t - 1)) / (T - 1),
  );
}
