import * as tf from '@tensorflow/tfjs';
import { line, type Examples } from '../example.js';
import { bools, floats, ints } from '../parity.js';

const x = floats(['batch', 3, 4]);
const image = floats(['batch', 4, 6, 2]);
const whole = ints(['batch', 3, 4], 9, -9);
const BATCHED = { gradient: 'tfjs has none in batches' };
const NONE = { gradient: 'tfjs has no gradient' };

/** Rows of a table, picked by an index of the batch that is made of several numbers. */
const gather = (x: ReturnType<typeof floats>, indices: ReturnType<typeof ints>) =>
  line({ x, indices }, ({ x, indices }) => tf.gatherND(x, indices), NONE);

/** Indices without a repetition that depend on the input: where the largest elements stand. */
const places = (x: tf.Tensor, k: number) => tf.expandDims(tf.topk(x, k).indices, -1);

/** An update at repeated places, of which tfjs takes the last, has all of them equal here. */
const scatter = (updates: ReturnType<typeof floats>, indices: ReturnType<typeof ints>, shape: number[]) =>
  line({ updates, indices }, ({ updates, indices }) => tf.scatterND(indices, updates, shape), NONE);

export const gathersAndScatters: Examples = {
  GatherV2: [
    line({ x, i: ints([5], 3) }, ({ x, i }) => tf.gather(x, i as never, 1)),
    line({ x, i: ints([2, 5], 4) }, ({ x, i }) => tf.gather(x, i as never, -1)),
    // An embedding lookup: the ids are the batch.
    line({ table: floats([7, 3]), i: ints(['batch'], 7) }, ({ table, i }) => tf.gather(table, i as never)),
    line({ table: floats([7, 3]), i: ints(['batch', 2], 7) }, ({ table, i }) => tf.gather(table, i as never)),
    line({ x: whole, i: ints([5], 3) }, ({ x, i }) => tf.gather(x, i as never, 1)),
    line({ x, i: ints(['batch', 5], 3) }, ({ x, i }) => tf.gather(x, i as never, 1, 1), BATCHED),
    line({ x, i: ints(['batch', 2, 5], 4) }, ({ x, i }) => tf.gather(x, i as never, 2, 1), BATCHED),
    line({ x: image, i: ints(['batch', 4, 3], 2) }, ({ x, i }) => tf.gather(x, i as never, -1, 2), BATCHED),
    line({ x: whole, i: ints(['batch', 2, 5], 4) }, ({ x, i }) => tf.gather(x, i as never, 2, -2), BATCHED),
  ],
  UnsortedSegmentSum: [
    line(
      { x: floats(['batch', 3]), i: ints(['batch'], 4) },
      ({ x, i }) => tf.unsortedSegmentSum(x, i as never, 5),
      NONE,
    ),
    line(
      { x: floats(['batch', 3, 2]), i: ints(['batch'], 4) },
      ({ x, i }) => tf.unsortedSegmentSum(x, i as never, 5),
      NONE,
    ),
    line({ x: ints(['batch', 3], 9), i: ints(['batch'], 4) }, ({ x, i }) =>
      tf.unsortedSegmentSum(x, i as never, 5),
    ),
    line(
      { x: floats(['batch']), i: ints(['batch'], 4) },
      ({ x, i }) => tf.unsortedSegmentSum(x, i as never, 4),
      NONE,
    ),
  ],
  GatherNd: [
    gather(floats([4, 3]), ints(['batch', 2], 3)),
    gather(floats([4, 3]), ints(['batch', 1], 4)),
    gather(floats([4, 3, 2]), ints(['batch', 5, 2], 3)),
    gather(floats(['batch', 3, 2]), ints([5, 1], 1)),
    gather(floats([3]), ints(['batch', 1], 3)),
    gather(floats([3, 3]), ints([2], 3)),
    gather(ints([4, 3], 9, -9), ints(['batch', 2], 3)),
    gather(bools([4, 3]), ints(['batch', 2], 3)),
    line({ x: floats(['batch', 3]) }, ({ x }) => tf.gatherND(x, tf.zeros([0, 1], 'int32')), NONE),
  ],
  ScatterNd: [
    scatter(floats(['batch', 3]), ints(['batch', 1], 7), [7, 3]),
    scatter(floats(['batch']), ints(['batch', 2], 3), [4, 3]),
    scatter(floats(['batch', 2, 3]), ints(['batch', 2, 2], 4), [4, 5, 3]),
    scatter(floats(['batch', 3]), ints(['batch'], 7), [7, 3]),
    scatter(ints(['batch'], 9, -9), ints(['batch', 1], 7), [7]),
    line(
      { x: floats(['batch', 3]), indices: ints(['batch', 1], 1) },
      ({ x, indices }) => tf.scatterND(indices, x, [x.shape[0] + 1, 3]),
      NONE,
    ),
    line({ x: bools(['batch', 3]) }, ({ x }) => tf.scatterND(tf.tensor2d([[2], [0], [1]], [3, 1], 'int32'), tf.all(x, 0) as never, [5]), NONE),
    line({ x: floats(['batch', 2]) }, ({ x }) => tf.add(x, tf.scatterND(tf.zeros([0, 1], 'int32'), tf.zeros([0]), [2])), NONE),
  ], // prettier-ignore
  TensorScatterUpdate: [
    line(
      { x: floats(['batch', 5]), updates: floats([3, 5]) },
      // A copy of what is written to: tfjs's cpu backend writes into the tensor itself.
      ({ x, updates }) => {
        const rows = tf.concat([x, tf.mul(x, 2), tf.neg(x)], 0);
        return tf.tensorScatterUpdate(rows, places(tf.sum(rows, 1), 3), updates);
      },
      NONE,
    ),
    line(
      { x: floats(['batch', 4, 2]), updates: floats([2, 2]) },
      ({ x, updates }) =>
        tf.tensorScatterUpdate(tf.mul(x, 2), tf.tensor2d([[0, 3], [0, 1]], [2, 2], 'int32'), updates),
      NONE,
    ),
    // Places that are written several times, known and not.
    line(
      { x: floats(['batch', 4, 2]), updates: floats([2, 3, 2]) },
      ({ x, updates }) =>
        tf.tensorScatterUpdate(tf.mul(x, 2), tf.tensor3d([[[0, 3], [0, 1], [0, 3]], [[0, 1], [0, 0], [0, 3]]], [2, 3, 2], 'int32'), updates),
      NONE,
    ),
    line(
      { x: floats(['batch', 5]), updates: floats([50, 5]), at: ints([50, 1], 1) },
      ({ x, updates, at }) => tf.tensorScatterUpdate(tf.mul(x, 2), at, updates),
      NONE,
    ),
    line(
      { x: ints(['batch', 5], 9), updates: ints([1, 5], 9) },
      ({ x, updates }) => tf.tensorScatterUpdate(tf.add(x, x), tf.tensor2d([[0]], [1, 1], 'int32'), updates),
      NONE,
    ),
    line(
      { x: bools(['batch', 5]), updates: bools([1, 5]) },
      ({ x, updates }) =>
        tf.tensorScatterUpdate(tf.logicalNot(x), tf.tensor2d([[0]], [1, 1], 'int32'), updates),
      NONE,
    ),
  ], // prettier-ignore
  SparseToDense: [
    line({ values: floats([5]) }, ({ values }) => tf.sparseToDense(tf.tensor1d([4, 1, 4, 1, 0], 'int32'), values, [6]), NONE),
    line(
      { x: floats([9]), values: floats([4]) },
      ({ x, values }) => tf.sparseToDense(tf.topk(x, 4).indices, values, [9], 1.5),
      NONE,
    ),
    line(
      { x: floats([9]), values: ints([4], 9) },
      ({ x, values }) => tf.sparseToDense(places(x, 4), values, [9], -1),
      NONE,
    ),
    line(
      { values: floats(['batch', 2]) },
      ({ values }) =>
        tf.sparseToDense(tf.tensor2d([[0, 1], [2, 0]], [2, 2], 'int32'), tf.sum(values, 0), [3, 2]),
      NONE,
    ),
    line({ x: floats([9]) }, ({ x }) => tf.sparseToDense(tf.topk(x, 4).indices, 2, [9], 1), NONE),
    line({ values: floats([]) }, ({ values }) => tf.sparseToDense(tf.scalar(3, 'int32'), values, [5], 1), NONE),
    line({ x: floats(['batch', 3]) }, ({ x }) => tf.sparseToDense(tf.tensor1d([0, 2], 'int32'), tf.tensor1d([5, 6]), [x.shape[0] + 2]), NONE),
    line(
      { x: bools(['batch', 2]) },
      ({ x }) => tf.sparseToDense(tf.tensor1d([3, 1], 'int32'), tf.all(x, 0) as tf.Tensor1D, [5], true as never),
      NONE,
    ),
  ], // prettier-ignore
};
