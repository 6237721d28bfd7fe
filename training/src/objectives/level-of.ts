import * as tf from '@tensorflow/tfjs';

/** The level [B] that an objective without noise tells the network: that of `atNoiseLevels`, or 1. */
export const levelOf = ({ x, level }: Readonly<Record<string, tf.Tensor>>): tf.Tensor1D =>
  (level ?? tf.ones([x!.shape[0]!])) as tf.Tensor1D;
