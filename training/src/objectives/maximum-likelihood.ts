import * as tf from '@tensorflow/tfjs';
import type { Grid } from '../quadrature/grid.js';
import { logPartition } from '../quadrature/log-partition.js';
import { energyOf } from './energy-of.js';
import { levelOf } from './level-of.js';
import type { Objective } from './objective.js';

/**
 * Maximum likelihood of an energy: -E[log p(x)] = E[f(x)] + log Z in nats, with Z by quadrature over a grid that holds
 * all of the probability. Its gradient is E_data[grad f] - E_p[grad f], the second expectation being exact.
 */
export function maximumLikelihood({ grid }: { readonly grid: Grid }): Objective {
  return {
    draw: ({ x }) => ({ x }),
    loss(predict, inputs) {
      const energy = energyOf(predict, 'Maximum likelihood');
      const ofBatch = (x: tf.Tensor) => energy(x, levelOf({ x }));
      return tf.add(tf.mean(ofBatch(inputs.x!)), logPartition(ofBatch, grid));
    },
  };
}
