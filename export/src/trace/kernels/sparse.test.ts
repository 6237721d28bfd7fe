import * as tf from '@tensorflow/tfjs';
import { expect, test } from 'vitest';
import { exportFunction } from '../../score-model/export-function.js';
import { line, testKernels, type Line } from '../../testing/kernels.js';
import { bools, floats, ints, type Input } from '../../testing/parity.js';
import { sparse } from './sparse.js';

const reshape = (count: number | 'batch', shape: number[], newShape: number[]) =>
  line({ i: ints([count, shape.length], Math.min(...shape)) }, ({ i }) => {
    const made = tf.sparse.sparseReshape(i as never, shape, newShape);
    return [made['outputIndices']!, made['outputShape']!];
  });

const NONE = { gradient: 'tfjs has no gradient' };

/** Segments that grow, some of them empty, from random steps. */
const segments = (
  reduce: (data: tf.Tensor, indices: tf.Tensor1D, ids: tf.Tensor1D) => tf.Tensor,
  data: Input,
): Line[] => [
  line(
    { data, i: ints([9], 5), steps: ints([9], 3) },
    ({ data, i, steps }) => reduce(data, i as never, tf.cumsum(steps) as never),
    NONE,
  ),
  line(
    { data, i: ints(['batch'], 5), steps: ints(['batch'], 3) },
    ({ data, i, steps }) => reduce(data, i as never, tf.cumsum(steps) as never),
    NONE,
  ),
  // What follows knows the size, and so does a graph of segments that are known.
  line(
    { data, i: ints([4], 5), steps: ints([4], 3) },
    ({ data, i, steps }) => {
      const y = reduce(data, i as never, tf.cumsum(steps) as never);
      return tf.concat([y, tf.onesLike(y), tf.zeros([1, ...y.shape.slice(1)], y.dtype)]);
    },
    NONE,
  ),
  line(
    { data, i: ints([4], 5) },
    ({ data, i }) => reduce(data, i as never, tf.tensor1d([0, 0, 2, 5], 'int32')),
    NONE,
  ),
];

const fill = (values: Input, columns: number, indices: (i: tf.Tensor) => tf.Tensor = (i) => i): Line =>
  line(
    { i: ints([values.shape[0]!, columns], 7), values },
    ({ i, values }) => {
      const shape = [7, ...new Array<number>(columns - 1).fill(9)];
      const fallback = tf.cast(tf.scalar(1), values.dtype);
      const made = tf.sparse.sparseFillEmptyRows(
        indices(i) as never,
        values as never,
        shape,
        fallback as never,
      );
      return ['outputIndices', 'outputValues', 'emptyRowIndicator', 'reverseIndexMap'].map(
        (name) => made[name]!,
      );
    },
    NONE,
  );

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
  SparseSegmentSum: [
    ...segments(tf.sparse.sparseSegmentSum as never, floats([5, 3])),
    ...segments(tf.sparse.sparseSegmentSum as never, ints([5], 9, -9)),
    line({ data: floats(['batch', 2, 3]), i: ints([6], 1), steps: ints([6], 2) }, ({ data, i, steps }) =>
      tf.sparse.sparseSegmentSum(data as never, i as never, tf.cumsum(steps) as never), NONE),
    line({ data: floats([5, 3]) }, ({ data }) => tf.sparse.sparseSegmentSum(data as never, tf.zeros([0], 'int32'), tf.zeros([0], 'int32')), NONE),
  ],
  SparseSegmentMean: [
    ...segments(tf.sparse.sparseSegmentMean as never, floats([5, 3])),
    ...segments(tf.sparse.sparseSegmentMean as never, ints([5, 2], 99, -99)),
  ],
  SparseFillEmptyRows: [
    fill(floats(['batch']), 2),
    fill(floats(['batch']), 3),
    fill(floats([4]), 1),
    fill(ints(['batch'], 9, -9), 2),
    fill(bools(['batch']), 2),
    // Every row there, in another order.
    fill(floats([7]), 2, () => tf.tensor2d([[3, 1], [0, 4], [6, 0], [2, 2], [1, 1], [5, 8], [4, 0]], [7, 2], 'int32')),
    fill(floats([0]), 2),
    // Entries that are known, with rows between them that are not there.
    fill(floats([4]), 2, () => tf.tensor2d([[5, 1], [1, 4], [5, 0], [2, 2]], [4, 2], 'int32')),
    // A shape that only the data tell.
    line(
      { i: ints(['batch', 2], 4), rows: ints([1], 9, 4) },
      ({ i, rows }) => {
        const values = tf.cast(tf.sum(i, 1), 'float32');
        const shape = tf.concat([rows, tf.tensor1d([9], 'int32')]);
        const made = tf.sparse.sparseFillEmptyRows(i as never, values as never, shape as never, -1);
        return [made['outputIndices']!, made['emptyRowIndicator']!];
      },
      NONE,
    ),
  ],
}); // prettier-ignore

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
