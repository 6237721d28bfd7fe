import * as tf from '@tensorflow/tfjs';
import { divergence } from '../autodiff/divergence.js';
import { drawLabels, type LabelOptions } from './draws.js';
import { levelOf } from './level-of.js';
import type { Objective } from './objective.js';
import { sumPerSample } from './sum-per-sample.js';
import { weightedMean } from './weighted-mean.js';

/**
 * Explicit score matching: E[ tr(grad_x s(x)) + 1/2 ||s(x)||^2 ], per dimension, which is the Fisher divergence
 * 1/2 E||grad_x log p_data(x) - s(x)||^2 but for a constant (Hyvarinen, Estimation of Non-Normalized Statistical Models
 * by Score Matching, 2005, theorem 1). The trace is exact and takes a backward pass for each dimension, so this is for
 * few of them.
 */
export function explicit(labels: LabelOptions = {}): Objective {
  return {
    draw: ({ x, label }, random) => ({ x, ...drawLabels(label, labels, random) }),
    loss(predict, inputs) {
      const { x, label, weight } = inputs as Record<string, tf.Tensor>;
      const score = (x: tf.Tensor) => predict(x, levelOf(inputs), label as tf.Tensor1D | undefined);
      const losses = tf.add(divergence(score, x!), tf.mul(0.5, sumPerSample(tf.square(score(x!)))));
      return tf.div(weightedMean(losses, weight), x!.size / x!.shape[0]!);
    },
  };
}
