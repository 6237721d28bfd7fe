import * as tf from '@tensorflow/tfjs';

/**
 * `y` plus a zero that is a function of x. A derivative that does not depend on x, such as the Jacobian of a linear
 * map, is an error to TensorFlow.js where it is differentiated again; this makes its derivative zero.
 */
export const dependent = <T extends tf.Tensor>(y: T, x: tf.Tensor): T => tf.add(y, tf.sum(tf.zerosLike(x)));
