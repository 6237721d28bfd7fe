import { trace } from '@scorebridge/export';
import * as tf from '@tensorflow/tfjs';
import type { Network } from '../models/network.js';
import { sizeOf } from '../models/size-of.js';

/** How many numbers a network makes of one sample of `shape` on its way, whichever of them have to be kept. */
export function numbersPerSample(network: Network, shape: readonly number[]): number {
  const parameters = Object.fromEntries(network.specs.map(({ name, shape }) => [name, tf.zeros([...shape])]));
  const { graph } = trace(
    ({ x, level, label }) => ({
      y: network.apply(parameters, x!, level as tf.Tensor1D, label as tf.Tensor1D),
    }),
    {
      x: { dtype: 'float32', shape: [1, ...shape] },
      level: { dtype: 'float32', shape: [1] },
      label: { dtype: 'int32', shape: [1] },
    },
  );
  tf.dispose(parameters);
  return graph.nodes.reduce(
    (sum, { outputs }) => outputs.reduce((sum, output) => sum + sizeOf(output.shape), sum),
    0,
  );
}
