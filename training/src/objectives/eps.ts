import type { Objective } from './objective.js';
import { variancePreserving, type VariancePreservingOptions } from './variance-preserving.js';

/** L_simple: the network predicts the noise eps (Ho et al., DDPM, 2020, eq. 14), per dimension. */
export const eps = (options: VariancePreservingOptions): Objective =>
  variancePreserving(options, { target: ({ eps }) => eps, errorPerX0: (snr) => snr });
