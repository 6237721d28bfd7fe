import type * as tf from '@tensorflow/tfjs';
import type { Parameters } from '../models/parameters.js';

/** A layer as its constructor returns it: a pure function of the parameters and its input. */
export type Layer<Input extends tf.Tensor = tf.Tensor, Output extends tf.Tensor = Input> = (
  p: Parameters,
  x: Input,
) => Output;
