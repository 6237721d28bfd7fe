import * as tf from '@tensorflow/tfjs';
import { detached } from './detached.js';
import { logNormalInterval } from './log-normal-interval.js';
import type { Predict } from './objective.js';
import type { TimeStep } from './time-steps.js';

export interface LearnedVarianceOptions {
  /** What the smallest and the largest value of an 8-bit pixel have become, for the decoder's term. */
  readonly valueRange: readonly [number, number];
  /** lambda, the weight of the bound beside the loss of the mean; 0.001 by default. */
  readonly lambda?: number | undefined;
}

/** So far out, in standard deviations, a float32 has no probability left. */
const ENDLESS = 40;

/** What a term of the bound needs to know of its time step. */
export const boundCoefficients = ({ t, posterior, beta, clippedVariance }: TimeStep) => ({
  bound_x0: posterior.onX0,
  log_betat: Math.log(clippedVariance),
  log_beta_to_betat: Math.log(beta / clippedVariance),
  is_first: t === 1 ? 1 : 0,
});

export interface BoundTerm {
  readonly x0: tf.Tensor;
  /** x_0 minus the estimate of it; a constant here, so that the bound teaches the variance alone. */
  readonly x0Error: tf.Tensor;
  /** v of sigma_t^2 = exp(v log beta_t + (1 - v) log betat_t), of the shape of x_0. */
  readonly varianceShare: tf.Tensor;
  /** Each of {@link boundCoefficients} [B, 1, ...]. */
  readonly coefficients: Readonly<Record<string, tf.Tensor>>;
}

/**
 * The term of the variational bound at each sample's time step, of each dimension in nats: KL(q(x_{t-1} | x_t, x_0) ||
 * N(mu, sigma_t^2)) for t > 1, -log p(x_0 | x_1) of the pixel's bin for t = 1 (Nichol and Dhariwal, "Improved denoising
 * diffusion probabilistic models", 2021, equations 4 to 7 and 15).
 */
export function boundTerm(
  { x0, x0Error, varianceShare, coefficients }: BoundTerm,
  [low, high]: readonly [number, number],
): tf.Tensor {
  const { bound_x0, log_betat, log_beta_to_betat, is_first } = coefficients as Record<string, tf.Tensor>;
  const error = detached(x0Error);
  // log sigma^2 - log betat.
  const logRatio = tf.mul(varianceShare, log_beta_to_betat!);
  const perBetat = tf.div(tf.square(tf.mul(bound_x0!, error)), tf.exp(log_betat!));
  const divergence = tf.mul(
    0.5,
    tf.sub(tf.add(logRatio, tf.mul(tf.exp(tf.neg(logRatio)), tf.add(1, perBetat))), 1),
  );

  const std = tf.exp(tf.div(tf.add(log_betat!, logRatio), 2));
  const halfBin = (high - low) / 255 / 2;
  // Elsewhere an error can be too large for a pixel's bin, and even 0 times what is not a number is none.
  const ofFirst = tf.mul(is_first!, error);
  const endless = tf.fill(x0.shape, ENDLESS);
  const below = tf.where(tf.less(x0, low + halfBin), tf.neg(endless), tf.div(tf.sub(ofFirst, halfBin), std));
  const above = tf.where(tf.greater(x0, high - halfBin), endless, tf.div(tf.add(ofFirst, halfBin), std));
  const decoder = tf.neg(logNormalInterval(below, above));
  return tf.add(tf.mul(is_first!, decoder), tf.mul(tf.sub(1, is_first!), divergence));
}

/** @throws Error if the network has only a prediction. */
export function withVariance(predict: Predict): NonNullable<Predict['withVariance']> {
  if (predict.withVariance === undefined)
    throw new Error(
      "A learned variance needs a network that gives one: make it with unet({ ..., variance: 'learned' }).",
    );
  return predict.withVariance;
}
