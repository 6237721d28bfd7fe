import * as tf from '@tensorflow/tfjs';

/** x as a constant: no gradient flows through it. */
export const detached = (x: tf.Tensor): tf.Tensor =>
  tf.customGrad((x) => ({
    value: tf.clone(x as tf.Tensor),
    gradFunc: (dy: tf.Tensor) => tf.zerosLike(dy),
  }))(x);
