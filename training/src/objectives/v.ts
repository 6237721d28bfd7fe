import * as tf from '@tensorflow/tfjs';
import type { Objective } from './objective.js';
import { variancePreserving, type VariancePreservingOptions } from './variance-preserving.js';

/**
 * The network predicts v = sqrt(abar_t) eps - sqrt(1 - abar_t) x_0 (Salimans and Ho, Progressive Distillation for Fast
 * Sampling of Diffusion Models, 2022, section 4), per dimension.
 */
export const v = (options: VariancePreservingOptions): Objective =>
  variancePreserving(options, {
    target: ({ x0, eps, a, b }) => tf.sub(tf.mul(a, eps), tf.mul(b, x0)),
    perX0: ({ sigma }) => -1 / sigma,
  });
