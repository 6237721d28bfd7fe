import * as tf from '@tensorflow/tfjs';

/** [B, H, W, C] -> [B, H/s, W/s, s s C]: each s x s block of pixels becomes the channels of one, row by row. */
export function spaceToDepth(x: tf.Tensor4D, s: number): tf.Tensor4D {
  if (s === 1) return x;
  const [batch, height, width, channels] = x.shape;
  const blocks = tf.reshape(x, [batch, height / s, s, width / s, s, channels]);
  return tf.reshape(tf.transpose(blocks, [0, 1, 3, 2, 4, 5]), [
    batch,
    height / s,
    width / s,
    s * s * channels,
  ]);
}

/** The inverse of `spaceToDepth`: [B, H, W, s s C] -> [B, s H, s W, C]. */
export function depthToSpace(x: tf.Tensor4D, s: number): tf.Tensor4D {
  if (s === 1) return x;
  const [batch, height, width, channels] = x.shape;
  const blocks = tf.reshape(x, [batch, height, width, s, s, channels / (s * s)]);
  return tf.reshape(tf.transpose(blocks, [0, 1, 3, 2, 4, 5]), [
    batch,
    s * height,
    s * width,
    channels / (s * s),
  ]);
}
