import * as tf from '@tensorflow/tfjs';
import { createSession } from '@scorebridge/runtime';
import { Tensor } from 'onnxruntime-common';
import { beforeAll, expect, test } from 'vitest';
import { exportFunction } from '../score-model/export-function.js';

beforeAll(() => tf.setBackend('cpu'));

test('arithmetic on a shape can be read in a trace, and stays open', async () => {
  const { model } = exportFunction(
    ({ x }) => {
      const shape = tf.tensor1d(x!.shape, 'int32');
      const [n, rows] = tf.split(shape, 3).map((part) => tf.reshape(part, []));
      const folded = tf.stack([tf.mul(n!, rows!), tf.scalar(-1, 'int32')]).arraySync() as number[];
      return { y: tf.reshape(x!, folded), count: tf.prod(shape) };
    },
    { x: { dtype: 'float32', shape: ['batch', 'rows', 2] } },
  );
  const { session } = await createSession(model, { provider: 'cpu' });
  const { y, count } = await session.run({
    x: new Tensor('float32', new Float32Array(3 * 11 * 2), [3, 11, 2]),
  });
  expect([y!.dims, [...(count!.data as Int32Array)]]).toEqual([[33, 2], [66]]);
  await session.release();
});

test('what depends on an input, or is drawn anew in each run, cannot be read', () => {
  const reading = (f: (x: tf.Tensor) => tf.Tensor) => () =>
    exportFunction(
      ({ x }) => {
        f(x!).dataSync();
        return { y: x! };
      },
      { x: { dtype: 'float32', shape: [2, 3] } },
    );
  expect(reading((x) => tf.add(x, 1))).toThrow('reads the value of a tensor');
  const even = tf.tensor2d([[0.5, 0.5]]);
  expect(reading(() => tf.multinomial(even, 4, 1))).toThrow('reads the value of a tensor');
  expect(reading(() => tf.add(even, 1))).not.toThrow();
});
