import * as tf from '@tensorflow/tfjs';
import { boundWeight } from './loss-weights.js';
import type { Objective } from './objective.js';
import { variancePreserving, type VariancePreservingOptions } from './variance-preserving.js';

/**
 * The network predicts the posterior mean mut_t(x_t, x_0) of x_{t-1} (Ho et al., DDPM, 2020, eq. 8), per dimension. The
 * weight is by default that of the variational bound, 1 / (2 sigma_t^2) with sigma_t^2 = beta_t.
 */
export const mu = ({ weight = boundWeight(), ...options }: VariancePreservingOptions): Objective =>
  variancePreserving(
    { ...options, weight },
    {
      coefficients: ({ posterior: { onX, onX0 } }) => ({ posterior_x: onX, posterior_x0: onX0 }),
      target: ({ xt, x0, coefficients: { posterior_x, posterior_x0 } }) =>
        tf.add(tf.mul(posterior_x!, xt), tf.mul(posterior_x0!, x0)),
      perX0: ({ posterior }) => posterior.onX0,
    },
  );
