import * as tf from '@tensorflow/tfjs';
import { expect, test } from 'vitest';
import { exportFunction } from '../../score-model/export-function.js';
import { testKernels } from '../../testing/kernels.js';
import { floats } from '../../testing/parity.js';
import { sparse } from './sparse.js';
import { sparse as examples } from '../../testing/examples/sparse.js';

testKernels(sparse, examples); // prettier-ignore

const refused: [string, (x: tf.Tensor2D) => unknown, string][] = [
  ['two open sizes', () => reshaped([2, 3], [-1, -1]), 'only one output dimension may be -1'],
  ['a negative size', () => reshaped([2, 3], [3, -2]), 'size 1 must be non-negative'],
  ['another number of elements', () => reshaped([2, 3], [7]), 'Input to reshape is a tensor with 6 dense values'],
  ['no whole size', () => reshaped([2, 3], [4, -1]), 'Input to reshape is a SparseTensor with 6'],
  ['an open size of nothing', () => reshaped([0, 3], [0, -1]), 'cannot infer the missing input size'],
  ['an entry before the first row', () => filled([[0, 1], [-1, 0]], [2, 2]), 'indices(1, 0) is invalid: -1 < 0'],
  ['an entry after the last row', () => filled([[2, 1]], [2, 2]), 'indices(0, 0) is invalid: 2 >= 2'],
  ['an entry where there are no rows', () => filled([[0, 1]], [0, 2]), 'denseShape[0] = 0'],
  ['a row that is not there', (x) => tf.sparse.sparseSegmentSum(x, [0, 5], [0, 1]), 'indices[1] == 5 out of range [0, 5)'],
  ['segments that shrink', (x) => tf.sparse.sparseSegmentMean(x, [0, 1, 2, 3], [0, 1, 0, 1]), 'not increasing'],
  ['a negative segment', (x) => tf.sparse.sparseSegmentSum(x, [0], [-1]), 'segment ids must be >= 0'],
  ['a segment after the last', (x) => tf.sparse.sparseSegmentSum(x, [0, 1, 2, 3], [0, 1, 2, 0]), 'Segment id 1 out of range [0, 1)'],
]; // prettier-ignore

const filled = (indices: number[][], shape: number[]) =>
  tf.sparse.sparseFillEmptyRows(
    tf.tensor2d(indices, undefined, 'int32'),
    tf.ones([indices.length]) as tf.Tensor1D,
    shape,
    0,
  );

const reshaped = (from: number[], to: number[]) =>
  tf.sparse.sparseReshape(tf.zeros([1, 2], 'int32') as tf.Tensor2D, from, to);

test.each(refused)('%s is refused where it is known, in the words of tfjs', async (_, f, sentence) => {
  await tf.setBackend('cpu');
  const x = tf.zeros([5, 3]) as tf.Tensor2D;
  expect(() => f(x)).toThrow(sentence);
  const traced = ({ x }: Record<string, tf.Tensor>) => {
    f(x as tf.Tensor2D);
    return { y: x! };
  };
  expect(() => exportFunction(traced, { x: floats([5, 3]) })).toThrow(sentence);
});
