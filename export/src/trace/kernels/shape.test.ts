import * as tf from '@tensorflow/tfjs';
import { expect, test } from 'vitest';
import { exportFunction } from '../../score-model/export-function.js';
import { floats } from '../../testing/parity.js';
import { shapes as examples } from '../../testing/examples/shape.js';
import { testKernels } from '../../testing/kernels.js';
import { shapes } from './shape.js';

testKernels(shapes, examples);

test.each<[string, (x: tf.Tensor) => tf.Tensor]>([
  [
    'must be the same as the rank of the rest (3)',
    (x) => tf.engine().runKernel('Concat', [x, tf.ones([2, 3])] as never, { axis: 0 }),
  ],
  ['A stack of float32 [5, 3, 4] and float32 [3, 4]', (x) => tf.stack([x, tf.ones([3, 4])])],
  ['the index value 3 is not in [0, 2]', (x) => tf.gather(x, tf.tensor1d([0, 3], 'int32'), 1)],
  ['the index value -1 is not in [0, 2]', (x) => tf.gather(x, tf.tensor1d([0, -1], 'int32'), 1)],
  ['expandDims of axis -5', (x) => tf.expandDims(x, -5)],
  ['begin[1] + size[1] (4) would overflow', (x) => tf.slice(x, [0, 2, 0], [-1, 2, -1])],
  [
    'Size(60) must match the product of shape 7',
    (x) => tf.engine().runKernel('Reshape', { x }, { shape: [7] }),
  ],
])('%s: refused', (message, fn) => {
  const shape = [5, 3, 4] as const;
  expect(() => exportFunction(({ x }) => ({ y: fn(x!) }), { x: floats(shape) })).toThrow(message);
});
