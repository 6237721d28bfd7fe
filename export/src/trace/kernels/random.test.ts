import { createSession } from '@scorebridge/runtime';
import * as tf from '@tensorflow/tfjs';
import { Tensor } from 'onnxruntime-common';
import { expect, test } from 'vitest';
import { exportFunction } from '../../score-model/export-function.js';
import { testKernels } from '../../testing/kernels.js';
import { floats } from '../../testing/parity.js';
import { random } from './random.js';
import { random as examples } from '../../testing/examples/random.js';

testKernels(random, examples);

async function draws(seed?: number) {
  const { model } = exportFunction(
    ({ logits }) => ({
      a: tf.multinomial(logits as tf.Tensor2D, 20_000, seed),
      b: tf.multinomial(logits as tf.Tensor2D, 20_000, seed),
    }),
    { logits: floats(['batch', 3]) },
  );
  const { session } = await createSession(model, { provider: 'cpu' });
  const feeds = { logits: new Tensor('float32', [0.1, 0.3, 0.6, 0.5, 0.25, 0.25].map(Math.log), [2, 3]) };
  const runs = [await session.run(feeds), await session.run(feeds)];
  await session.release();
  return runs.map(({ a, b }) => [a!.data as Int32Array, b!.data as Int32Array] as const);
}

test('outcomes come as often as they should, and anew in each op and each run', async () => {
  const [first, second] = await draws();
  const probabilities = [
    [0.1, 0.3, 0.6],
    [0.5, 0.25, 0.25],
  ];
  probabilities.forEach((row, r) => {
    row.forEach((p, outcome) => {
      const seen = first![0].slice(r * 20_000, (r + 1) * 20_000).filter((v) => v === outcome).length;
      // Five standard deviations: by chance once in a million runs.
      expect(Math.abs(seen - 20_000 * p)).toBeLessThan(5 * Math.sqrt(20_000 * p * (1 - p)));
    });
  });
  expect(first![0]).not.toEqual(first![1]);
  expect(first![0]).not.toEqual(second![0]);
});

test('a seed gives two sessions the same draws', async () => {
  expect(await draws(7)).toEqual(await draws(7));
  expect(await draws(7)).not.toEqual(await draws(8));
});
