import { checkSteps } from './check.js';

export interface CosineBetasOptions {
  /** The offset that keeps beta_1 from vanishing, 0.008 by default. */
  s?: number;
  /** Number of steps, 1,000 by default. */
  T?: number;
}

/** The largest beta: abar_T would be 0 without it, and x_0 = (x_T - eps) / 0. */
const MAX_BETA = 0.999;

/**
 * beta_t = min(1 - abar(t) / abar(t - 1), 0.999) with abar(t) = cos^2((t / T + s) / (1 + s) pi / 2)
 * (Nichol and Dhariwal, "Improved denoising diffusion probabilistic models", 2021, equation 17).
 *
 * @returns length T + 1, so that the index is t; entry 0 is 0.
 * @throws RangeError unless s >= 0 and T is a positive integer.
 */
export function cosineBetas({ s = 0.008, T = 1000 }: CosineBetasOptions = {}): Float64Array {
  checkSteps('T', T);
  if (!(s >= 0 && s < Infinity)) throw new RangeError(`cosine offset s is ${s}; expected a number >= 0.`);
  const abar = (t: number) => Math.cos((((t / T + s) / (1 + s)) * Math.PI) / 2) ** 2;
  return Float64Array.from({ length: T + 1 }, (_, t) =>
    t === 0 ? 0 : Math.min(1 - abar(t) / abar(t - 1), MAX_BETA),
  );
}
