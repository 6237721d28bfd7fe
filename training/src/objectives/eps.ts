import type { Objective } from './objective.js';
import { variancePreserving, type VariancePreservingOptions } from './variance-preserving.js';

/**
 * The network predicts the noise eps, per dimension: L_simple without a weight (Ho et al., DDPM, 2020, eq. 14), the terms
 * of the variational bound with `boundWeight` (eq. 12).
 */
export const eps = (options: VariancePreservingOptions): Objective =>
  variancePreserving(options, { target: ({ eps }) => eps, perX0: ({ snr }) => -Math.sqrt(snr) });
