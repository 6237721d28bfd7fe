import type { Marginal } from '../process/level.js';
import { exponentialMoment } from './exponential-moment.js';
import { logSnr } from '../process/noise-ratio.js';

/** What a step of the reverse SDE does when x_0-hat follows a given course. */
export interface SdeStep {
  /** lambda' - lambda. */
  readonly h: number;
  /** (1 + eta) int_0^h e^(-(1 + eta)(h - tau)) tau^k dtau: what tau^k in the course of x_0-hat contributes, times scale'. */
  readonly moment: (k: number) => number;
  readonly onX: number;
  /** The standard deviation of the noise. */
  readonly noise: number;
}

/**
 * The reverse SDE with the noise of eta, in lambda = log(scale / sigma) and solved exactly but for x_0-hat: in units of the
 * data x' = sigma' / sigma e^(-eta h) x + (1 + eta) int_0^h e^(-(1 + eta)(h - tau)) x_0-hat(lambda + tau) dtau
 * + sigma' sqrt(1 - e^(-2 eta h)) z (Lu et al., "DPM-Solver++", 2022, section 6, for eta = 1).
 */
export function sdeStep(from: Marginal, to: Marginal, eta: number): SdeStep {
  // Never negative, whatever the last bit of the levels says.
  const h = Math.max(0, logSnr(to) - logSnr(from));
  return {
    h,
    moment: (k) => exponentialMoment(k, h, 1 + eta),
    onX: (to.sigma / from.sigma) * Math.exp(-eta * h),
    noise: to.sigma * Math.sqrt(-Math.expm1(-2 * eta * h)),
  };
}
