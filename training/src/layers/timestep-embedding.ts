import * as tf from '@tensorflow/tfjs';

/** What of the level is embedded: the level itself (a time step t) or its logarithm (a noise level sigma). */
export type LevelScale = 'linear' | 'log';

// Highest and lowest angular frequency. Time steps are 1 apart and at most about 1e4; the logarithms of noise levels
// lie within +-10, and a higher frequency would turn the last bit of a logarithm into a visible difference.
const frequencyRange = { linear: [1, 1e-4], log: [16, 0.05] } as const;

/**
 * Sines and cosines of the level [B] at geometrically spaced frequencies: [B, width], sines first (Vaswani et al.,
 * Attention Is All You Need, 2017, section 3.5). `width` is even; a level on the log scale is positive.
 */
export function timestepEmbedding(
  level: tf.Tensor1D,
  width: number,
  scale: LevelScale = 'linear',
): tf.Tensor2D {
  const [high, low] = frequencyRange[scale];
  const half = width / 2;
  const frequencies = Array.from({ length: half }, (_, i) => high * (low / high) ** (i / (half - 1)));
  const position = scale === 'log' ? tf.log(level) : level;
  const angles = tf.mul(tf.reshape(position, [-1, 1]), tf.tensor2d(frequencies, [1, half]));
  return tf.concat([tf.sin(angles), tf.cos(angles)], 1) as tf.Tensor2D;
}
