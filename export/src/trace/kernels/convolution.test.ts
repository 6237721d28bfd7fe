import * as tf from '@tensorflow/tfjs';
import { expect, test } from 'vitest';
import { exportFunction } from '../../score-model/export-function.js';
import { adjointDifference } from '../../testing/adjoint.js';
import { testKernels } from '../../testing/kernels.js';
import { SEED, floats, randomNumbers } from '../../testing/parity.js';
import { convolutions } from './convolution.js';
import { convolutions as examples, CEIL } from '../../testing/examples/convolution.js';

testKernels(convolutions, examples);

test.each(CEIL)(
  'convolution with %j: the gradient is the adjoint',
  async ({ size, kernel = [3, 3], stride, pad, rounding }) => {
    const values = randomNumbers();
    const w = tf.tensor4d(Float32Array.from({ length: kernel[0] * kernel[1] * 6 }, values), [
      ...kernel,
      2,
      3,
    ]);
    const map = (x: tf.Tensor4D) => tf.conv2d(x, w, stride!, pad as number, 'NHWC', 1, rounding);
    expect(await adjointDifference(map, floats(['batch', ...size!, 2])), `seed ${SEED}`).toBeLessThan(1e-6);
  },
);

test('a window whose height tfjs takes for its width is refused', () => {
  const w = tf.ones([5, 1, 2, 3]) as tf.Tensor4D;
  const fn = ({ x }: Record<string, tf.Tensor>) => ({ y: tf.conv2d(x as tf.Tensor4D, w, 1, 0) });
  expect(() => exportFunction(fn, { x: floats(['batch', 9, 9, 2]) })).toThrow(
    'A window of 1 with stride 1 has more than the 5 positions',
  );
});
