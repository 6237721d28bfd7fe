import * as tf from '@tensorflow/tfjs';
import { line, type Examples } from '../example.js';
import { bools, floats, ints, type Input } from '../parity.js';

const NONE = { gradient: 'tfjs has no gradient' };

const top = (x: Input, k: number, sorted = true) =>
  line(
    { x },
    ({ x }) => {
      const { values, indices } = tf.topk(x, k, sorted);
      return [values, indices];
    },
    NONE,
  );

/** Sequences that are sorted: what a cumulative sum of positive numbers gives. */
const search = (find: (sequence: tf.Tensor, values: tf.Tensor) => tf.Tensor, steps: Input, values: Input) =>
  line({ steps, values }, ({ steps, values }) => find(tf.cumsum(steps, steps.rank - 1), values), NONE);

// No op of tfjs runs these kernels: tf.lowerBound and tf.upperBound run SearchSorted.
for (const [kernelName, find] of [
  [tf.LowerBound, tf.lowerBound],
  [tf.UpperBound, tf.upperBound],
] as const) {
  tf.registerKernel({
    kernelName,
    backendName: 'cpu',
    kernelFunc: ({ inputs }) => find(inputs.sortedSequence as tf.Tensor, inputs.values as tf.Tensor),
  });
}

const bound = (kernel: string) =>
  search(
    (sortedSequence, values) => tf.engine().runKernel(kernel, { sortedSequence, values }),
    ints(['batch', 5], 2),
    ints(['batch', 7], 5),
  );

export const sorting: Examples = {
  TopK: [
    top(floats(['batch', 9]), 1),
    top(floats(['batch', 9]), 4),
    top(floats(['batch', 9]), 9),
    top(floats(['batch', 9]), 0),
    top(floats([9]), 3),
    top(floats(['batch', 2, 9]), 3),
    top(floats(['batch', 1]), 1),
    // With ties: the first of equal elements comes first.
    top(ints(['batch', 40], 5, -5), 20),
    top(bools(['batch', 9]), 5),
    line({ x: floats(['batch', 9]) }, ({ x }) => tf.topk(tf.round(x), 6).indices, NONE),
    // In any order: the same elements.
    line({ x: floats(['batch', 9]) }, ({ x }) => tf.sum(tf.square(tf.topk(x, 4, false).values), -1), NONE),
    line({ x: floats(['batch', 9]) }, ({ x }) => tf.sum(tf.square(tf.topk(x, 4, false).indices), -1), NONE),
    // As many as the batch has, of a row that the batch fills.
    line({ x: floats(['batch']) }, ({ x }) => tf.topk(x, x.shape[0]).values, NONE),
  ],
  SearchSorted: [
    search(tf.searchSorted as never, floats(['batch', 5], 0, 1), floats(['batch', 7], -1, 4)),
    // With ties, in the sequence and beside the values.
    search((s, v) => tf.searchSorted(s, v, 'left'), ints(['batch', 5], 2), ints(['batch', 7], 5, -1)),
    search((s, v) => tf.searchSorted(s, v, 'right'), ints(['batch', 5], 2), ints(['batch', 7], 5, -1)),
    search(tf.lowerBound as never, ints([5], 2), ints([8], 5)),
    search(tf.upperBound as never, ints(['batch', 2, 5], 2), ints(['batch', 2, 3], 5)),
  ],
  LowerBound: [bound(tf.LowerBound)],
  UpperBound: [bound(tf.UpperBound)],
};
