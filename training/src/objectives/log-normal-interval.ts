import * as tf from '@tensorflow/tfjs';

/** Of log(erfc(x) / t) + x^2 with t = 1 / (1 + x / 2), in powers of t. */
const ERFC = [
  -1.26551223, 1.00002368, 0.37409196, 0.09678418, -0.18628806, 0.27886807, -1.13520398, 1.48851587,
  -0.82215223, 0.17087277,
];

/**
 * log P(Z > z) of a standard normal Z for z >= 0, to a relative 1.2e-7 of the probability however far out: the rational
 * Chebyshev fit of Press et al., "Numerical Recipes in C", 2nd edition, section 6.2 (erfcc). The erf of a backend says
 * nothing of tails, where 1 - erf is lost to rounding.
 */
function logTail(z: tf.Tensor): tf.Tensor {
  const x = tf.div(z, Math.SQRT2);
  const t = tf.div(1, tf.add(1, tf.div(x, 2)));
  const polynomial = ERFC.reduceRight((sum: tf.Tensor, c) => tf.add(c, tf.mul(t, sum)), tf.zerosLike(t));
  return tf.sub(tf.add(tf.log(tf.div(t, 2)), polynomial), tf.square(x));
}

/** `yes` where a mask is 1, `no` where it is 0; both finite. A comparison of what gradients flow through has none in tfjs. */
const choose = (mask: tf.Tensor, yes: tf.Tensor, no: tf.Tensor): tf.Tensor =>
  tf.add(tf.mul(mask, yes), tf.mul(tf.sub(1, mask), no));

/** log P(Z < z). */
function logCdf(z: tf.Tensor): tf.Tensor {
  const tail = logTail(tf.abs(z));
  return choose(tf.step(z), tf.log1p(tf.neg(tf.exp(tail))), tail);
}

/** log P(a < Z < b) of a standard normal Z in tensor operations, finite and right in the tails too. a < b, both finite. */
export function logNormalInterval(a: tf.Tensor, b: tf.Tensor): tf.Tensor {
  // In the lower tail probabilities are small and their differences exact.
  const upper = tf.step(tf.add(a, b));
  const low = choose(upper, tf.neg(b), a);
  const high = choose(upper, tf.neg(a), b);
  const belowHigh = logCdf(high);
  return tf.add(belowHigh, tf.log(tf.neg(tf.expm1(tf.sub(logCdf(low), belowHigh)))));
}
