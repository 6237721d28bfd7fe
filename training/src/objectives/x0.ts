import type { Objective } from './objective.js';
import { variancePreserving, type VariancePreservingOptions } from './variance-preserving.js';

/** The network predicts the data x_0 (Ho et al., DDPM, 2020, section 3.2), per dimension. */
export const x0 = (options: VariancePreservingOptions): Objective =>
  variancePreserving(options, { target: ({ x0 }) => x0, perX0: () => 1 });
