import * as tf from '@tensorflow/tfjs';
import { line, type Examples } from '../example.js';
import { bools, floats, ints, type Input } from '../parity.js';

const NONE = { gradient: 'tfjs has no gradient' };

const distinct = (x: Input, axis?: number) =>
  line(
    { x },
    ({ x }) => {
      const { values, indices } = tf.unique(x, axis);
      return [values, indices];
    },
    NONE,
  );

/** Of a constant, beside an input. */
const known = (x: () => tf.Tensor, axis?: number) =>
  line(
    { y: floats(['batch']) },
    ({ y }) => {
      const { values, indices } = tf.unique(x(), axis);
      return [tf.add(tf.cast(values, 'float32'), tf.sum(y)), indices];
    },
    NONE,
  );

export const uniques: Examples = {
  Unique: [
    distinct(ints(['batch'], 5)),
    distinct(ints([12], 2 ** 31, -(2 ** 31))),
    distinct(bools(['batch'])),
    distinct(ints(['batch', 2], 2)),
    distinct(ints(['batch', 2], 2), 0),
    distinct(ints([2, 'batch'], 2), 1),
    distinct(ints([2, 9, 1], 2), -2),
    line({ x: floats(['batch']) }, ({ x }) => tf.unique(tf.round(x)).values, NONE),
    // What follows knows the size.
    line(
      { x: ints(['batch'], 5), table: floats([5, 3]) },
      ({ x, table }) => {
        const { values, indices } = tf.unique(x);
        const rows = tf.gather(table, values as never);
        return tf.gather(tf.add(rows, tf.ones(rows.shape)), indices as never);
      },
      NONE,
    ),
      known(() => tf.tensor1d([3, 1, 3, 2, 1], 'int32')),
    known(() => tf.tensor1d([NaN, 1, NaN, Infinity])),
    known(() => tf.tensor3d([[[1, 2], [1, 2], [3, 4]], [[5, 6], [5, 6], [5, 6]]]), 1),
    known(() => tf.tensor3d([[[1, 1], [2, 2], [3, 3]], [[5, 5], [6, 6], [7, 7]]]), -1),
  ],
}; // prettier-ignore
