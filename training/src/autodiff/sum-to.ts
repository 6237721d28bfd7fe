import * as tf from '@tensorflow/tfjs';

/** The adjoint of broadcasting from `shape`: sums a gradient over the axes along which its input was repeated. */
export function sumTo(shape: readonly number[], dy: tf.Tensor): tf.Tensor {
  const axes = tf.broadcast_util.getReductionAxes(shape as number[], dy.shape);
  return tf.reshape(axes.length > 0 ? tf.sum(dy, axes) : dy, shape as number[]);
}
