/**
 * The weight of the squared error in x_0 at a time step, as a function of its signal-to-noise ratio
 * SNR(t) = abar_t / (1 - abar_t). Whatever a network predicts, an objective turns it into the weight of its own error:
 * ||x_0 - x_0'||^2 = ||eps - eps'||^2 / SNR = ||v - v'||^2 / (SNR + 1).
 */
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

/** The weight lambda(sigma) of the squared error in the score at a noise level. */
export type SigmaWeight = (sigma: number) => number;

/**
 * lambda(sigma) = sigma^p. 2, the default, has every level count the same (Song and Ermon, NCSN, 2019, section 4.2).
 */
export const sigmaPowerWeight =
  (p = 2): SigmaWeight =>
  (sigma) =>
    sigma ** p;
