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
import type { TimeWeight } from './loss-weights.js';
import type { Objective } from './objective.js';
import { timeSteps as stepsOf, type TimeStep } from './time-steps.js';
import { weightedMean } from './weighted-mean.js';

export interface VariancePreservingOptions extends LabelOptions {
  /** beta_1 .. beta_T behind an entry 0 = 0, as the schedules of the runtime give them. */
  betas: Float64Array;
  /** How the time steps of a batch are drawn; 'stratified' by default. */
  timeSteps?: IndexDraw;
  /** The weight of the error at a time step; by default the error in what is predicted counts the same at all. */
  weight?: TimeWeight | undefined;
}

/** Noisy data x_t = a x_0 + b eps with a = sqrt(abar_t), b = sqrt(1 - abar_t), each [B, 1, ...]. */
export interface Noised {
  x0: tf.Tensor;
  eps: tf.Tensor;
  xt: tf.Tensor;
  a: tf.Tensor;
  b: tf.Tensor;
  /** What {@link Prediction.coefficients} gave for each sample, by name, [B, 1, ...]. */
  coefficients: Readonly<Record<string, tf.Tensor>>;
}

/** What the network is to predict. */
export interface Prediction {
  target(noised: Noised): tf.Tensor;
  /** Further numbers of a time step that the target is made of. */
  coefficients?(step: TimeStep): Readonly<Record<string, number>>;
  /** The squared error of the prediction divided by that of the x_0 that it implies, at a time step. */
  errorPerX0(step: TimeStep): number;
}

/**
 * E_{t, x_0, eps} w_t ||target - prediction(x_t, t)||^2 / D for discrete time t uniform in 1..T, D being the number of
 * dimensions: the form that the DDPM objectives share.
 */
export function variancePreserving(
  { betas, timeSteps = 'stratified', weight, ...labels }: VariancePreservingOptions,
  { target, coefficients = () => ({}), errorPerX0 }: Prediction,
): Objective {
  const steps = stepsOf(betas);
  const names = Object.keys(coefficients(steps[0]!));
  return {
    draw({ x, label }, random) {
      const drawn = drawIndices(x.dims[0]!, steps.length, timeSteps, random);
      const each = (f: (step: TimeStep) => number) => perSample(drawn, (i) => f(steps[i]!));
      return {
        x,
        ...drawLabels(label, labels, random),
        noise: drawNoise(x, random),
        level: each(({ t }) => t),
        signal_scale: each(({ scale }) => scale),
        noise_scale: each(({ sigma }) => sigma),
        ...Object.fromEntries(names.map((name) => [name, each((step) => coefficients(step)[name]!)])),
        ...(weight && { weight: each((step) => weight(step.snr, step) / errorPerX0(step)) }),
      };
    },
    loss(predict, inputs) {
      const { x: x0, noise: eps, level, label } = inputs as unknown as NoisyInputs;
      const perElement = (name: string) => alongBatch(inputs[name]!, x0);
      const [a, b] = [perElement('signal_scale'), perElement('noise_scale')];
      const xt = tf.add(tf.mul(a, x0), tf.mul(b, eps));
      const values = Object.fromEntries(names.map((name) => [name, perElement(name)]));
      const error = tf.sub(target({ x0, eps, xt, a, b, coefficients: values }), predict(xt, level, label));
      return weightedMean(tf.square(error), inputs.weight);
    },
  };
}
