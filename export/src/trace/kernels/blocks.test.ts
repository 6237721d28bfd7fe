import * as tf from '@tensorflow/tfjs';
import { expect, test } from 'vitest';
import { exportFunction } from '../../score-model/export-function.js';
import { floats } from '../../testing/parity.js';
import { blocks as examples } from '../../testing/examples/blocks.js';
import { testKernels } from '../../testing/kernels.js';
import { blocks } from './blocks.js';

testKernels(blocks, examples);

test('a space that is folded into the batch in part only is refused', () => {
  const fn = ({ x }: Record<string, tf.Tensor>) => ({ y: tf.batchToSpaceND(x!, [2], [[0, 0]]) });
  expect(() => exportFunction(fn, { x: floats(['batch', 3]) })).toThrow();
});
