import * as tf from '@tensorflow/tfjs';
import { expect, test } from 'vitest';
import { testKernels } from '../../testing/kernels.js';
import { SEED, exportDifference, floats } from '../../testing/parity.js';
import { einsums } from './einsum.js';
import { einsums as examples } from '../../testing/examples/einsum.js';

testKernels(einsums, examples);

// tfjs's cpu backend throws at the first and gives the second a wrong shape: here tf.sum takes those axes first.
test.each([
  ['abc,cde->be', (a: tf.Tensor, b: tf.Tensor) => tf.matMul(tf.sum(a, 0), tf.sum(b, 1))],
  ['ij,kl->l', (a: tf.Tensor, b: tf.Tensor) => tf.mul(tf.sum(a), tf.sum(b, 0))],
] as const)('axes that one operand alone sums over: %s', async (equation, reference) => {
  const [a, b] = equation.startsWith('a')
    ? [floats(['batch', 3, 2]), floats([2, 4, 5])]
    : [floats(['batch', 3]), floats([2, 4])];
  const found = await exportDifference(
    ({ a, b }) => ({
      y: tf.getBackend() === 'cpu' ? reference(a!, b!) : tf.einsum(equation, a!, b!),
    }),
    { a, b },
  );
  expect(found['y'], `seed ${SEED}`).toBeLessThanOrEqual(1e-6);
});
