import * as tf from '@tensorflow/tfjs';
import { beforeAll, expect, test } from 'vitest';
import { activations, direction, NET_SEED, netError, netProduct, weights } from '../testing/two-layer-net.js';
import { registerCorrectedGradients } from './register.js';

beforeAll(async () => {
  await tf.setBackend('cpu');
  registerCorrectedGradients();
});

test.each(activations)('Hessian-vector product of a two-layer %s net', (...activation) => {
  const product = netProduct(activation)(tf.tensor1d(weights), tf.tensor1d(direction));
  expect(netError(product.dataSync(), activation), `seed ${NET_SEED}`).toBeLessThan(1e-5);
});
