import * as tf from '@tensorflow/tfjs';

/** SiLU, also called swish: x sigmoid(x), elementwise. */
export const silu = <T extends tf.Tensor>(x: T): T => tf.mul(x, tf.sigmoid(x));
