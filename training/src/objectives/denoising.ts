import * as tf from '@tensorflow/tfjs';
import { alongBatch } from './along-batch.js';
import {
  drawIndices,
  drawLabels,
  drawNoise,
  perSample,
  type IndexDraw,
  type LabelOptions,
  type NoisyInputs,
} from './draws.js';
import type { SigmaWeight } from './loss-weights.js';
import type { Objective } from './objective.js';
import { weightedMean } from './weighted-mean.js';

export interface DenoisingOptions extends LabelOptions {
  /** The noise levels sigma_1 > ... > sigma_L > 0. */
  sigmas: Float64Array;
  /** How the levels of a batch are drawn; 'stratified' by default. */
  levels?: IndexDraw;
  /** lambda(sigma); by default sigma^2, with which every level counts the same. */
  weight?: SigmaWeight | undefined;
}

/**
 * Denoising score matching at several noise levels, weighted with lambda(sigma) (Song and Ermon, NCSN, 2019, eq. 5 and
 * 6), per dimension: with xt = x + sigma z,
 * (1/L) sum_i lambda_i 1/2 E||s(xt, sigma_i) + (xt - x) / sigma_i^2||^2
 *   = (1/L) sum_i lambda_i / sigma_i^2 1/2 E||sigma_i s + z||^2.
 */
export function denoising({ sigmas, levels = 'stratified', weight, ...labels }: DenoisingOptions): Objective {
  return {
    draw({ x, label }, random) {
      const i = drawIndices(x.dims[0]!, sigmas.length, levels, random);
      return {
        x,
        ...drawLabels(label, labels, random),
        noise: drawNoise(x, random),
        level: perSample(i, (i) => sigmas[i]!),
        ...(weight && { weight: perSample(i, (i) => weight(sigmas[i]!) / sigmas[i]! ** 2) }),
      };
    },
    loss(predict, inputs) {
      const { x, noise: z, level, label } = inputs as unknown as NoisyInputs;
      const sigma = alongBatch(level, x);
      const score = predict(tf.add(x, tf.mul(sigma, z)), level, label);
      return tf.mul(0.5, weightedMean(tf.square(tf.add(tf.mul(sigma, score), z)), inputs.weight));
    },
  };
}
