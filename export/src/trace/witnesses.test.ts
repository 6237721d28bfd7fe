import * as tf from '@tensorflow/tfjs';
import { createSession } from '@scorebridge/runtime';
import { Tensor } from 'onnxruntime-common';
import { beforeAll, expect, test } from 'vitest';
import { exportFunction } from '../score-model/export-function.js';

beforeAll(() => tf.setBackend('cpu'));

test('strides of up to 128, rounded up and down, hold at sizes far from those that were traced', async () => {
  const strides = [2, 4, 8, 16, 32, 64, 128];
  const { model } = exportFunction(
    ({ x }) =>
      Object.fromEntries(
        strides.flatMap((stride) => {
          const cells = x!.shape[1]! / stride;
          return [
            [`up${stride}`, tf.zeros([Math.ceil(cells)])],
            [`down${stride}`, tf.zeros([Math.floor(cells)])],
            [`padding${stride}`, tf.zeros([1 + Math.ceil(cells) * stride - x!.shape[1]!])],
            [`cells${stride}`, tf.range(0, Math.ceil(cells))],
          ];
        }),
      ),
    { x: { dtype: 'float32', shape: [1, 'height'] } },
  );
  const { session } = await createSession(model, { provider: 'cpu' });
  for (const height of [64, 77, 129, 640, 1001, 2047]) {
    const found = await session.run({ x: new Tensor('float32', new Float32Array(height), [1, height]) });
    for (const stride of strides) {
      const [up, down] = [Math.ceil(height / stride), Math.floor(height / stride)];
      const sizes = ['up', 'down', 'padding', 'cells'].map((name) => found[`${name}${stride}`]!.dims[0]);
      expect(sizes, `height ${height}, stride ${stride}`).toEqual([up, down, 1 + up * stride - height, up]);
    }
  }
  await session.release();
});
