import { createSession } from '@scorebridge/runtime';
import * as tf from '@tensorflow/tfjs';
import { exportFunction } from '../score-model/export-function.js';
import { draw, randomNumbers, type Input } from './parity.js';

/**
 * How far the exported gradient of a linear map A is from its adjoint, where tfjs's own gradient is wrong: with
 * g = grad (|A x|^2 / 2) = A' A x, <g, u> must be <A x, A u>. Relative, over batch 1 and 3.
 */
export async function adjointDifference(A: (x: tf.Tensor4D) => tf.Tensor, input: Input): Promise<number> {
  await tf.setBackend('cpu');
  const dot = (a: tf.Tensor, b: tf.Tensor) => tf.sum(tf.mul(a, b));
  const { model } = exportFunction(
    ({ x, u }) => {
      const [Ax, Au] = [A(x as tf.Tensor4D), A(u as tf.Tensor4D)];
      const gradient = tf.grad((x) => tf.mul(0.5, tf.sum(tf.square(A(x as tf.Tensor4D)))))(x!);
      return {
        found: dot(gradient, u!),
        expected: dot(Ax, Au),
        scale: tf.sqrt(tf.mul(dot(Ax, Ax), dot(Au, Au))),
      };
    },
    { x: input, u: input },
  );
  const { session } = await createSession(model, { provider: 'cpu' });
  const random = randomNumbers();
  let worst = 0;
  for (const batch of [1, 3]) {
    const results = await session.run({
      x: draw(input, batch, random).host,
      u: draw(input, batch, random).host,
    });
    const [found, expected, scale] = ['found', 'expected', 'scale'].map(
      (k) => (results[k]!.data as Float32Array)[0]!,
    );
    worst = Math.max(worst, Math.abs(found! - expected!) / scale!);
  }
  await session.release();
  return worst;
}
