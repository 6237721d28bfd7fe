import type { ScoreFunction } from '@scorebridge/export';
import * as tf from '@tensorflow/tfjs';
import type { EnergyModel } from '../models/energy.js';
import type { Network } from '../models/network.js';
import { unpack, type Parameters } from '../models/parameters.js';

/**
 * A network with its parameters filled in, for `exportScoreModel`; an energy model gives its energy too, one with a
 * learned variance that. tfjs must have
 * a backend, which holds the parameters until `tf.dispose(names)`.
 *
 * @param parameters the flat vector
 * @returns the function, and the names under which the exported file keeps the parameters
 */
export function scoreFunction(
  network: Network | EnergyModel,
  parameters: Float32Array,
): { fn: ScoreFunction; names: Parameters } {
  const p = tf.tidy(() => unpack(tf.tensor1d(parameters), network.specs) as Record<string, tf.Tensor>);
  return {
    names: p,
    fn(x, level, label) {
      if (network.applyWithVariance) return network.applyWithVariance(p, x, level, label);
      const prediction = network.apply(p, x, level, label);
      return 'energy' in network ? { prediction, energy: network.energy(p, x, level, label) } : prediction;
    },
  };
}
