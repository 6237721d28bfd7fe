import type * as tf from '@tensorflow/tfjs';
import type { EnergyModel } from '../models/energy.js';
import type { Dropout, Network } from '../models/network.js';
import { unpack } from '../models/parameters.js';
import type { Predict } from '../objectives/objective.js';

/**
 * A network with its parameters filled in, as objectives see it.
 *
 * @param parameters the flat vector [n]
 * @param held the same numbers in a tensor that no gradient is taken by
 */
export function predictOf(
  network: Network | EnergyModel,
  parameters: tf.Tensor1D,
  held: tf.Tensor1D,
  dropout?: Dropout,
): Predict {
  const p = unpack(parameters, network.specs);
  const predict: Predict = (x, level, label) => network.apply(p, x, level, label, { dropout });
  const energy: Predict['energy'] =
    'energy' in network ? (x, level, label) => network.energy(p, x, level, label) : undefined;
  const both: Predict['withVariance'] =
    network.applyWithVariance &&
    ((x, level, label) => network.applyWithVariance!(p, x, level, label, { dropout }));
  return Object.defineProperties(predict, {
    withVariance: { value: both },
    energy: { value: energy },
    // Made when it is asked for: most objectives have no use for it.
    fixed: { get: () => predictOf(network, held, held) },
  });
}
