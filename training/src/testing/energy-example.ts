import * as tf from '@tensorflow/tfjs';
import * as training from '../index.js';

// An energy of points, learned from samples alone: neither Z nor a chain is needed.
const data = [
  { weight: 0.7, mean: [1, 0.5], std: 0.5 },
  { weight: 0.3, mean: [-1, -0.5], std: 0.7 },
];
const network = training.energyModel(training.mlpEnergy({ dimensions: 2, hidden: [64, 64], embedding: 0 }));
const { ema } = await training.fit({
  network,
  objective: training.sliced(),
  batch: (step) => training.mixturePoints(data, 256, { seed: 1, step }),
  steps: 600,
  learningRate: 5e-3,
  optimiser: { emaDecay: 0.99 },
});

// In two dimensions Z can be had by quadrature, and with it the density.
const logDensity = tf.tidy(() => {
  const p = training.unpack(tf.tensor1d(ema), network.specs);
  const energy = (x: tf.Tensor2D) => network.energy(p, x, tf.zeros([x.shape[0]]));
  const logZ = training.logPartition(energy, training.grid({ low: [-5, -5], high: [5, 5], n: 100 }));
  return tf.neg(tf.add(energy(tf.tensor2d([[1, 0.5]])), logZ)).dataSync()[0]!;
});
console.log(`log p(1, 0.5) = ${logDensity.toFixed(2)}`);
