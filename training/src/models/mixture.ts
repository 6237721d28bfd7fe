import * as tf from '@tensorflow/tfjs';
import type { EnergyNetwork } from './energy.js';

/** A component of a mixture of Gaussians: its share, its mean, and its standard deviation in every dimension. */
export interface MixtureComponent {
  readonly weight: number;
  readonly mean: readonly number[];
  readonly std: number;
}

/**
 * The exact energy of a mixture of Gaussians of points x [B, D], noise of standard deviation sigma added:
 * f(x, sigma) = -log sum_k w_k N(x; m_k, (std_k^2 + sigma^2) I), which is normalised, Z = 1. It has no parameters; with
 * `energyModel` it is the truth that a learned score is held against.
 *
 * @throws RangeError if the weights do not add up to 1 or the means differ in length
 */
export function mixtureEnergy(components: readonly MixtureComponent[]): EnergyNetwork {
  checkMixture(components);
  const D = components[0]!.mean.length;
  return {
    specs: [],
    energy(_, x, sigma) {
      const logs = components.map(({ weight, mean, std }) => {
        const variance = tf.add(std * std, tf.square(sigma));
        const squares = tf.sum(tf.square(tf.sub(x, tf.tensor2d([[...mean]]))), 1);
        const log = tf.mul(
          -0.5,
          tf.add(tf.div(squares, variance), tf.mul(D, tf.log(tf.mul(2 * Math.PI, variance)))),
        );
        return tf.add(log, Math.log(weight));
      });
      return tf.neg(tf.logSumExp(tf.stack(logs, 1), 1));
    },
  };
}

/** @throws RangeError in one sentence for components that make no mixture */
export function checkMixture(components: readonly MixtureComponent[]): void {
  const total = components.reduce((sum, { weight }) => sum + weight, 0);
  if (!(Math.abs(total - 1) < 1e-9))
    throw new RangeError(`The weights of the mixture add up to ${total}; expected 1.`);
  const D = components[0]!.mean.length;
  if (components.some(({ mean, std }) => mean.length !== D || !(std > 0)))
    throw new RangeError(
      `Each component of the mixture needs a mean of ${D} numbers and a std greater than 0.`,
    );
}
