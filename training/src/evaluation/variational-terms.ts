import {
  conversion,
  posterior,
  posteriorLogVariances,
  priorKl,
  processBetas,
  processLevels,
  type SourceCard,
  type VpProcess,
} from '@scorebridge/runtime';
import { logNormalInterval } from './normal-interval.js';

export interface VariationalTermsOptions {
  /** sigma_t^2: 'small' (default) is betat_t, the posterior's; 'large' is beta_t. That of t = 1 is betat_2 in either case. */
  readonly variance?: 'small' | 'large' | undefined;
  /** Whether the estimate of x_0 is clipped to the model's value range, as it is by default and in sampling. */
  readonly clip?: boolean | undefined;
}

/** The terms of the variational bound for one image, in nats over all its dimensions. */
export interface VariationalTerms {
  /** L_T = KL(q(x_T | x_0) || N(0, I)). */
  prior(x0: Float32Array): number;
  /**
   * L_{t-1} at x_t, given what the network predicts there: for t > 1 KL(q(x_{t-1} | x_t, x_0) || p(x_{t-1} | x_t)), for
   * t = 1 -log p(x_0 | x_1).
   *
   * @param varianceShare where the model has learned it, v of sigma_t^2 = exp(v log beta_t + (1 - v) log betat_t), with
   *   betat_2 for betat_1 (Nichol and Dhariwal, "Improved denoising diffusion probabilistic models", 2021, equation 15)
   */
  at(
    t: number,
    x0: Float32Array,
    xt: Float32Array,
    prediction: Float32Array,
    varianceShare?: Float32Array,
  ): number;
}

/**
 * The terms of the variational bound of DDPM (Ho et al., "Denoising diffusion probabilistic models", 2020, equation 5) for
 * a model of any parametrisation, whose p(x_{t-1} | x_t) = N(mu(x_t, t), sigma_t^2), sigma_t being fixed or learned.
 *
 * -log p(x_0 | x_1) is of the bin of a pixel among the 256 of 8 bits, the outermost two without end (equation 13): a
 * probability, not a density. The variance of this decoder is betat_2 unless it is learned, as in the authors' code, since betat_1 is 0.
 */
export function variationalTerms(
  { parametrisation, valueRange: [low, high] }: Pick<SourceCard, 'parametrisation' | 'valueRange'>,
  process: VpProcess,
  { variance = 'small', clip = true }: VariationalTermsOptions = {},
): VariationalTerms {
  const betas = processBetas(process);
  const logSmallest = posteriorLogVariances(betas);
  const halfBin = (high - low) / 255 / 2;
  const steps = new Map(
    processLevels(process).map((level) => {
      const q = posterior(level, level.previous);
      const smallest = logSmallest[level.level]!;
      const range = Math.log(q.forwardVariance) - smallest;
      const fixed = variance === 'large' && level.level > 1 ? 1 : 0;
      const modelVariance = (share = fixed) => Math.exp(smallest + share * range);
      return [level.level, { toX0: conversion(parametrisation, 'x0', level), q, modelVariance }];
    }),
  );

  const estimateX0 = (t: number, x: number, prediction: number) => {
    const [onX, onY] = steps.get(t)!.toX0;
    const x0 = onX * x + onY * prediction;
    return clip ? Math.min(Math.max(x0, low), high) : x0;
  };

  const decoder = (
    x0: Float32Array,
    x1: Float32Array,
    prediction: Float32Array,
    varianceShare?: Float32Array,
  ) =>
    x0.reduce((nats, value, d) => {
      const std = Math.sqrt(steps.get(1)!.modelVariance(varianceShare?.[d]));
      // mu(x_1, 1) is the estimate of x_0.
      const mu = estimateX0(1, x1[d]!, prediction[d]!);
      const below = value < low + halfBin ? -Infinity : (value - halfBin - mu) / std;
      const above = value > high - halfBin ? Infinity : (value + halfBin - mu) / std;
      return nats - logNormalInterval(below, above);
    }, 0);

  const divergence = (
    t: number,
    x0: Float32Array,
    xt: Float32Array,
    prediction: Float32Array,
    varianceShare?: Float32Array,
  ) => {
    const { q, modelVariance } = steps.get(t)!;
    return x0.reduce((nats, value, d) => {
      const sigma2 = modelVariance(varianceShare?.[d]);
      const ratio = q.variance / sigma2;
      // mut - mu: both means are onX x_t + onX0 x_0, the one of the true x_0, the other of its estimate.
      const error = q.onX0 * (value - estimateX0(t, xt[d]!, prediction[d]!));
      return nats + (ratio - 1 - Math.log(ratio) + error ** 2 / sigma2) / 2;
    }, 0);
  };

  return {
    prior: (x0) => x0.length * priorKl(betas, x0.reduce((sum, value) => sum + value ** 2, 0) / x0.length),
    at: (t, ...arrays) => (t === 1 ? decoder(...arrays) : divergence(t, ...arrays)),
  };
}
