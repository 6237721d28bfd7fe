import * as tf from '@tensorflow/tfjs';
import { expect, test } from 'vitest';
import { exportFunction } from '../../score-model/export-function.js';
import { testKernels } from '../../testing/kernels.js';
import { floats, ints } from '../../testing/parity.js';
import { gathersAndScatters } from './gather-scatter.js';
import { gathersAndScatters as examples } from '../../testing/examples/gather-scatter.js';

testKernels(gathersAndScatters, examples);

test('an index of more numbers than there are axes is refused', () => {
  const fn = ({ x, i }: Record<string, tf.Tensor>) => ({ y: tf.gatherND(x!, i!) });
  expect(() => exportFunction(fn, { x: floats(['batch', 3]), i: ints([2, 3], 1) })).toThrow(
    'index innermost dimension length must be <= tensor rank',
  );
});
