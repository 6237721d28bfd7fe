import { alphaBars } from '@scorebridge/runtime';
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
import type { SnrWeight } from './loss-weights.js';
import type { Objective } from './objective.js';
import { weightedMean } from './weighted-mean.js';

export interface VariancePreservingOptions extends LabelOptions {
  /** beta_1 .. beta_T behind an entry 0 = 0, as the schedules of the runtime give them. */
  betas: Float64Array;
  /** How the time steps of a batch are drawn; 'stratified' by default. */
  timeSteps?: IndexDraw;
  /** The weight of the error at a time step; by default the error in what is predicted counts the same at all. */
  weight?: SnrWeight | undefined;
}

/** Noisy data x_t = a x_0 + b eps with a = sqrt(abar_t), b = sqrt(1 - abar_t), each [B, 1, ...]. */
export interface Noised {
  x0: tf.Tensor;
  eps: tf.Tensor;
  a: tf.Tensor;
  b: tf.Tensor;
}

/** What the network is to predict. */
export interface Prediction {
  target(noised: Noised): tf.Tensor;
  /** The squared error of the prediction divided by that of the x_0 that it implies, at a signal-to-noise ratio. */
  errorPerX0(snr: number): number;
}

/**
 * E_{t, x_0, eps} w_t ||target - prediction(x_t, t)||^2 / D for discrete time t uniform in 1..T, D being the number of
 * dimensions: the form that the DDPM objectives share.
 */
export function variancePreserving(
  { betas, timeSteps = 'stratified', weight, ...labels }: VariancePreservingOptions,
  { target, errorPerX0 }: Prediction,
): Objective {
  const abar = alphaBars(betas);
  const T = betas.length - 1;
  const snr = (t: number) => abar[t]! / (1 - abar[t]!);
  return {
    draw({ x, label }, random) {
      const t = drawIndices(x.dims[0]!, T, timeSteps, random).map((index) => index + 1);
      return {
        x,
        ...drawLabels(label, labels, random),
        noise: drawNoise(x, random),
        level: perSample(t, (t) => t),
        signal_scale: perSample(t, (t) => Math.sqrt(abar[t]!)),
        noise_scale: perSample(t, (t) => Math.sqrt(1 - abar[t]!)),
        ...(weight && { weight: perSample(t, (t) => weight(snr(t)) / errorPerX0(snr(t))) }),
      };
    },
    loss(predict, inputs) {
      const { x: x0, noise: eps, level, label } = inputs as unknown as NoisyInputs;
      const a = alongBatch(inputs.signal_scale!, x0);
      const b = alongBatch(inputs.noise_scale!, x0);
      const prediction = predict(tf.add(tf.mul(a, x0), tf.mul(b, eps)), level, label);
      return weightedMean(tf.square(tf.sub(target({ x0, eps, a, b }), prediction)), inputs.weight);
    },
  };
}
