import * as tf from '@tensorflow/tfjs';
import { line, type Line, type Examples } from '../example.js';
import { bools, floats, ints, type Input } from '../parity.js';

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

export const sparse: Examples = {
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
}; // prettier-ignore
