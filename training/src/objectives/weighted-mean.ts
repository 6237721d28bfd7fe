import * as tf from '@tensorflow/tfjs';
import { alongBatch } from './along-batch.js';

/** The mean of `errors` [B, ...], each sample's multiplied by its weight [B]; the plain mean where there are none. */
export const weightedMean = (errors: tf.Tensor, weight: tf.Tensor | undefined): tf.Scalar =>
  tf.mean(weight === undefined ? errors : tf.mul(alongBatch(weight, errors), errors));
