import {
  alphaBars,
  type Marginal,
  type Posterior,
  posterior,
  posteriorLogVariances,
} from '@scorebridge/runtime';

/** A time step of a variance-preserving chain, in float64: x_t = scale x_0 + sigma eps. */
export interface TimeStep extends Marginal {
  /** 1 .. T. */
  readonly t: number;
  /** abar_t / (1 - abar_t). */
  readonly snr: number;
  readonly beta: number;
  /** q(x_{t-1} | x_t, x_0). */
  readonly posterior: Posterior;
  /** betat_t, with the value of t = 2 at t = 1, where betat is 0. */
  readonly clippedVariance: number;
}

/** The time steps 1 .. T of betas [T + 1] behind an entry 0 = 0. */
export function timeSteps(betas: Float64Array): TimeStep[] {
  const abar = alphaBars(betas);
  const logVariances = posteriorLogVariances(betas);
  const at = (t: number): Marginal => ({ scale: Math.sqrt(abar[t]!), sigma: Math.sqrt(1 - abar[t]!) });
  return Array.from(betas.subarray(1), (beta, i) => {
    const t = i + 1;
    return {
      ...{ t, beta, ...at(t), snr: abar[t]! / (1 - abar[t]!) },
      posterior: posterior(at(t), at(t - 1)),
      clippedVariance: Math.exp(logVariances[t]!),
    };
  });
}
