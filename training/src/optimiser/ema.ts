import * as tf from '@tensorflow/tfjs';

/** The exponential moving average after a step: decay average + (1 - decay) value. */
export const emaUpdate = <T extends tf.Tensor>(average: T, value: T, decay: tf.Scalar): T =>
  tf.add(value, tf.mul(decay, tf.sub(average, value)));

/**
 * The decay at step k = 1, 2, ...: min(decay, (1 + k) / (10 + k)), so that the average soon forgets the initial
 * parameters (as in TensorFlow's ExponentialMovingAverage with num_updates).
 */
export const emaDecayAt = (step: number, decay: number): number => Math.min(decay, (1 + step) / (10 + step));
