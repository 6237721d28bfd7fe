import * as tf from '@tensorflow/tfjs';
import type { EnergyNetwork } from './energy.js';
import { type Initialiser, zeros } from './initialisers.js';
import type { Network } from './network.js';

const identity: Initialiser = (_, shape) => {
  const [D] = shape as [number];
  return Float32Array.from({ length: D * D }, (_, i) => (i % (D + 1) === 0 ? 1 : 0));
};

const specs = (D: number) => [
  { name: 'mean', shape: [D], init: zeros },
  { name: 'precision', shape: [D, D], init: identity },
];

/** The linear score s(x) = -P (x - m) of points x [B, dimensions], which is that of N(m, P^-1) where P is symmetric. */
export const gaussianScore = ({ dimensions }: { dimensions: number }): Network => ({
  specs: specs(dimensions),
  apply: ({ mean, precision }, x) =>
    tf.neg(tf.matMul(tf.sub(x, mean!), precision as tf.Tensor2D, false, true)),
});

/** The quadratic energy f(x) = (x - m)' P (x - m) / 2 of points x [B, dimensions], of which the symmetric part of P counts. */
export const gaussianEnergy = ({ dimensions }: { dimensions: number }): EnergyNetwork => ({
  specs: specs(dimensions),
  energy({ mean, precision }, x) {
    const d = tf.sub(x, mean!);
    return tf.mul(0.5, tf.sum(tf.mul(d, tf.matMul(d, precision as tf.Tensor2D, false, true)), 1));
  },
});
