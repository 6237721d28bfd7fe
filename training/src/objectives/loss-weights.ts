import type { TimeStep } from './time-steps.js';

/**
 * The weight of the squared error in x_0 at a time step. Whatever a network predicts, an objective turns it into the weight
 * of its own error: ||x_0 - x_0'||^2 = ||eps - eps'||^2 / SNR = ||v - v'||^2 / (SNR + 1).
 *
 * @param snr SNR(t) = abar_t / (1 - abar_t)
 */
export type TimeWeight = (snr: number, step: TimeStep) => number;

/** A weight that the signal-to-noise ratio alone decides. */
export type SnrWeight = (snr: number) => number;

/** SNR: the weight that the unweighted error in eps amounts to. */
export const snrWeight: SnrWeight = (snr) => snr;

/** max(SNR, 1) (Salimans and Ho, Progressive Distillation for Fast Sampling of Diffusion Models, 2022, section 4). */
export const truncatedSnrWeight: SnrWeight = (snr) => Math.max(snr, 1);

/**
 * min(SNR, gamma) (Hang et al., Efficient Diffusion Training via Min-SNR Weighting Strategy, 2023, section 3.4). In eps
 * it is min(1, gamma / SNR), in v min(SNR, gamma) / (SNR + 1).
 *
 * @param gamma greater than 0
 */
export const minSnrWeight =
  (gamma = 5): SnrWeight =>
  (snr) =>
    Math.min(snr, gamma);

export interface P2Options {
  /** What keeps the weight finite as the noise grows; greater than 0, 1 by default. */
  k?: number;
  /** How strongly the steps of little noise are weighed down; 0 leaves them, 1 by default. */
  gamma?: number;
}

/**
 * SNR / (k + SNR)^gamma, which in eps is 1 / (k + SNR)^gamma (Choi et al., Perception Prioritized Training of Diffusion
 * Models, 2022, eq. 8).
 */
export const p2Weight =
  ({ k = 1, gamma = 1 }: P2Options = {}): SnrWeight =>
  (snr) =>
    snr / (k + snr) ** gamma;

export interface BoundWeightOptions {
  /** sigma_t^2 of the chain: beta_t ('large', the default), or betat_t with the value of t = 2 at t = 1 ('small'). */
  variance?: 'large' | 'small';
}

/**
 * The weight that makes a loss the variational bound's terms L_{t-1}, per dimension: 1 / (2 sigma_t^2) of the error in mu
 * (Ho et al., DDPM, 2020, eq. 8), which in eps is beta_t^2 / (2 sigma_t^2 alpha_t (1 - abar_t)) (eq. 12).
 */
export const boundWeight =
  ({ variance = 'large' }: BoundWeightOptions = {}): TimeWeight =>
  (_, { beta, clippedVariance, posterior }) =>
    posterior.onX0 ** 2 / (2 * (variance === 'large' ? beta : clippedVariance));

/** The weight lambda(sigma) of the squared error in the score at a noise level. */
export type SigmaWeight = (sigma: number) => number;

/**
 * lambda(sigma) = sigma^p. 2, the default, has every level count the same (Song and Ermon, NCSN, 2019, section 4.2).
 */
export const sigmaPowerWeight =
  (p = 2): SigmaWeight =>
  (sigma) =>
    sigma ** p;
