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
import {
  boundCoefficients,
  boundTerm,
  type LearnedVarianceOptions,
  withVariance,
} from './learned-variance.js';
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
  /**
   * With it the network also learns the variance of a step, by lambda times the variational bound (Nichol and Dhariwal,
   * "Improved denoising diffusion probabilistic models", 2021, L_hybrid, equation 16). Needs T of 2 or more.
   */
  learnedVariance?: LearnedVarianceOptions | undefined;
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
  /** By how much the prediction of an x_0 that is larger by 1 is larger, at the same x_t of a time step. */
  perX0(step: TimeStep): number;
}

/**
 * E_{t, x_0, eps} w_t ||target - prediction(x_t, t)||^2 / D for discrete time t uniform in 1..T, D being the number of
 * dimensions: the form that the DDPM objectives share. With a learned variance, plus lambda times the bound per dimension,
 * L_1 + ... + L_T in nats, which no gradient of the mean comes from.
 */
export function variancePreserving(
  { betas, timeSteps = 'stratified', weight, learnedVariance, ...labels }: VariancePreservingOptions,
  { target, coefficients: own = () => ({}), perX0 }: Prediction,
): Objective {
  const steps = stepsOf(betas);
  if (learnedVariance && steps.length < 2)
    throw new RangeError('A learned variance needs a schedule of 2 or more time steps; this one has 1.');
  const coefficients = (step: TimeStep): Readonly<Record<string, number>> => ({
    ...own(step),
    ...(learnedVariance && { ...boundCoefficients(step), x0_per_prediction: 1 / perX0(step) }),
  });
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
        ...(weight && { weight: each((step) => weight(step.snr, step) / perX0(step) ** 2) }),
      };
    },
    loss(predict, inputs) {
      const { x: x0, noise: eps, level, label } = inputs as unknown as NoisyInputs;
      const perElement = (name: string) => alongBatch(inputs[name]!, x0);
      const [a, b] = [perElement('signal_scale'), perElement('noise_scale')];
      const xt = tf.add(tf.mul(a, x0), tf.mul(b, eps));
      const values = Object.fromEntries(names.map((name) => [name, perElement(name)]));
      const truth = target({ x0, eps, xt, a, b, coefficients: values });
      const ofMean = (error: tf.Tensor) => weightedMean(tf.square(error), inputs.weight);
      if (!learnedVariance) return ofMean(tf.sub(truth, predict(xt, level, label)));

      const { prediction, varianceShare } = withVariance(predict)(xt, level, label);
      const error = tf.sub(truth, prediction);
      const x0Error = tf.mul(values.x0_per_prediction!, error);
      const { valueRange, lambda = 0.001 } = learnedVariance;
      const term = boundTerm({ x0, x0Error, varianceShare, coefficients: values }, valueRange);
      return tf.add(ofMean(error), tf.mul(lambda * steps.length, tf.mean(term)));
    },
  };
}
