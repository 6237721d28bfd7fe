import { normalBatch, STREAM } from '@scorebridge/runtime';
import * as tf from '@tensorflow/tfjs';
import { Tensor } from 'onnxruntime-common';
import { energyOf } from './energy-of.js';
import { levelOf } from './level-of.js';
import type { Objective, Predict } from './objective.js';

export interface ContrastiveDivergenceOptions {
  /** Langevin steps of a chain; 10 by default. */
  steps?: number;
  /** Their step size eps, as in x <- x + eps / 2 s(x) + sqrt(eps) z; 0.1 by default. */
  eps?: number;
}

/**
 * Contrastive divergence with Langevin chains that start at the data: E[f(x)] - E[f(x')], where x' is x after k steps
 * under the present energy and counts as a constant (Hinton, Training Products of Experts by Minimizing Contrastive
 * Divergence, 2002, section 3). Its gradient estimates that of maximum likelihood, from which chains that are too short
 * bias it; its value says nothing.
 *
 * @throws RangeError if `steps` is not a positive integer or `eps` not a positive number
 */
export function contrastiveDivergence({
  steps = 10,
  eps = 0.1,
}: ContrastiveDivergenceOptions = {}): Objective {
  if (!(Number.isInteger(steps) && steps >= 1))
    throw new RangeError(`steps is ${steps}; expected a positive integer.`);
  if (!(eps > 0 && eps < Infinity)) throw new RangeError(`eps is ${eps}; expected a positive number.`);
  return {
    draw({ x }, random) {
      const [B, ...shape] = x.dims as [number, ...number[]];
      const noise = normalBatch(new Float32Array(x.size * steps), B, { ...random, stream: STREAM.noise });
      return { x, chain_noise: new Tensor('float32', noise, [B, steps, ...shape]) };
    },
    loss(predict, { x, chain_noise }) {
      const energy = energyOf(predict, 'Contrastive divergence');
      const level = levelOf({ x: x! });
      const held: Predict = predict.fixed ?? predict;
      const xPrime = tf
        .unstack(chain_noise!, 1)
        .reduce((x, z) => tf.add(tf.add(x, tf.mul(eps / 2, held(x, level))), tf.mul(Math.sqrt(eps), z)), x!);
      return tf.sub(tf.mean(energy(x!, level)), tf.mean(energy(xPrime, level)));
    },
  };
}
