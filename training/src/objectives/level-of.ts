import * as tf from '@tensorflow/tfjs';

/** The level [B] that the network is told: that of `atNoiseLevels`, or 0, no noise. */
export const levelOf = ({ x, level }: Readonly<Record<string, tf.Tensor>>): tf.Tensor1D =>
  (level ?? tf.zeros([x!.shape[0]!])) as tf.Tensor1D;
