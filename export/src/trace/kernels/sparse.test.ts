import * as tf from '@tensorflow/tfjs';
import { line, testKernels } from '../../testing/kernels.js';
import { ints } from '../../testing/parity.js';
import { sparse } from './sparse.js';

const reshape = (count: number | 'batch', shape: number[], newShape: number[]) =>
  line({ i: ints([count, shape.length], Math.min(...shape)) }, ({ i }) => {
    const made = tf.sparse.sparseReshape(i as never, shape, newShape);
    return [made['outputIndices']!, made['outputShape']!];
  });

testKernels(sparse, {
  SparseReshape: [
    reshape('batch', [2, 3, 6], [9, 4]),
    reshape('batch', [9, 4], [2, 3, -1]),
    reshape('batch', [4], [2, 2, 1]),
    reshape('batch', [2, 3, 6], [-1]),
    reshape('batch', [2, 3, 6], [2, 3, 6]),
    reshape(0, [2, 3], [3, -1]),
    // Shapes that the graph is given.
    line({ i: ints(['batch', 2], 3), n: ints([1], 7, 4) }, ({ i, n }) => {
      const shape = tf.concat([tf.tensor1d([6], 'int32'), n]) as tf.Tensor1D;
      const made = tf.sparse.sparseReshape(i as never, shape, [-1, 2, 3]);
      return [made['outputIndices']!, made['outputShape']!];
    }),
  ],
});
