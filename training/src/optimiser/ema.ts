import * as tf from '@tensorflow/tfjs';

/** The exponential moving average after a step: decay average + (1 - decay) value. */
export const emaUpdate = <T extends tf.Tensor>(average: T, value: T, decay: tf.Scalar): T =>
  tf.add(value, tf.mul(decay, tf.sub(average, value)));

/**
 * The decay at step k = 1, 2, ...: min(decay, (1 + k) / (10 + k)), so that the average soon forgets the initial
 * parameters (as in TensorFlow's ExponentialMovingAverage with num_updates).
 */
export const emaDecayAt = (step: number, decay: number): number => Math.min(decay, (1 + step) / (10 + step));

/**
 * The decay at step k = 1, 2, ... of an average that forgets half of what it holds in `halfLife` steps, or in a twentieth
 * of the steps before this one where that is less (Karras et al., Elucidating the Design Space of Diffusion-Based
 * Generative Models, 2022, whose code counts images and has the fraction as ema_rampup_ratio).
 */
export const halfLifeDecayAt = (step: number, halfLife: number): number =>
  0.5 ** (1 / Math.min(halfLife, 0.05 * (step - 1)));
