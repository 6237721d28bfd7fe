import * as tf from '@tensorflow/tfjs';
import { line, ofEachType, one, type Examples } from '../example.js';
import { bools, floats, ints } from '../parity.js';

const x = floats(['batch', 3, 4]);
const image = floats(['batch', 4, 6, 2]);
const whole = ints(['batch', 3, 4], 9, -9);
const flags = bools(['batch', 3, 4]);
const NONE = { gradient: 'tfjs has no gradient' };

// The cpu backend has no kernel of this name: tf.broadcastTo runs Tile.
tf.registerKernel({
  kernelName: tf.BroadcastTo,
  backendName: 'cpu',
  kernelFunc: ({ inputs, attrs }) =>
    tf.broadcastTo(inputs.x as tf.Tensor, (attrs as unknown as { shape: number[] }).shape),
});

export const shapes: Examples = {
  Reshape: [
    ...ofEachType((x) => tf.reshape(x, [-1, 12])),
    one((x) => tf.reshape(x, [3, -1])),
    one((x) => tf.reshape(x, [-1])),
    one((x) => tf.reshape(x, [x.shape[0], 2, 2, 3, 1])),
    one((x) => tf.reshape(x, [2 * x.shape[0], 6])),
    one((x) => tf.squeeze(x, [1, 3]), floats(['batch', 1, 4, 1])),
  ],
  ExpandDims: [
    one((x) => tf.expandDims(x)),
    one((x) => tf.expandDims(x, 2)),
    one((x) => tf.expandDims(x, -1)),
  ],
  Transpose: [
    ...ofEachType((x) => tf.transpose(x)),
    one((x) => tf.transpose(x, [1, 0, 2])),
    one((x) => tf.transpose(x, [0, 2, 3, 1]), image),
  ],
  Concat: [
    line({ a: x, b: floats(['batch', 2, 4]) }, ({ a, b }) => tf.concat([a, b], 1)),
    line({ a: x, b: floats([2, 3, 4]) }, ({ a, b }) => tf.concat([a, b, a], 0)),
    line({ a: x, b: x }, ({ a, b }) => tf.concat([a, b], -1)),
    line({ a: whole, b: whole }, ({ a, b }) => tf.concat([a, b], -1)),
    line({ a: flags, b: flags }, ({ a, b }) => tf.concat([a, b], 1)),
    line({ a: x }, ({ a }) => tf.concat([a, tf.zeros([a.shape[0], 0, 4])], 1), NONE),
    line({ a: x }, ({ a }) => tf.concat([a, tf.ones([a.shape[0], 1, 4])], 1)),
    // Nothing but empty tensors.
    one(
      (x) => {
        const empty = tf.slice(x as tf.Tensor, [0, 0, 0], [-1, 0, -1]);
        return tf.concat([empty, empty], 2);
      },
      x,
      NONE,
    ),
  ],
  SplitV: [
    one((x) => tf.split(x, 3, 1)),
    one((x) => tf.split(x, [1, 3], 2)),
    one((x) => tf.split(x, [2, -1], -1)),
    one((x) => tf.split(x, [1, 2], 1)[1]!),
    one((x) => tf.split(x, 2, 2), whole),
  ],
  Tile: [
    ...ofEachType((x) => tf.tile(x, [1, 2, 3])),
    one((x) => tf.tile(x, [2, 1, 1])),
    one((x) => tf.tile(x, [1, 5, 1]), floats(['batch', 1, 4])),
    one((x) => tf.broadcastTo(x, [x.shape[0], 5, 4]), floats(['batch', 1, 4])),
    line({ a: floats([1, 3]), x: floats(['batch', 3]) }, ({ a, x }) => tf.tile(a, [x.shape[0], 1]), {
      gradient: "tfjs's gradient of a tile is a loop over the batch",
    }),
  ],
  BroadcastTo: [
    line(
      { x: floats(['batch', 1, 4]) },
      ({ x }) =>
        tf.engine().runKernel(tf.BroadcastTo, { x }, { shape: [x.shape[0], 3, 4], inputShape: x.shape }),
      NONE,
    ),
  ],
  BroadcastArgs: [
    line({ a: ints([3], 1), b: ints([2], 9) }, ({ a, b }) =>
      tf.broadcastArgs(tf.add(a, tf.scalar(1, 'int32')), tf.add(b, tf.scalar(1, 'int32'))),
    ),
    line({ a: ints([2], 9), b: ints([2], 1) }, ({ a, b }) =>
      tf.broadcastArgs(a, tf.add(b, tf.scalar(1, 'int32'))),
    ),
    // Both known: a shape that tfjs may read.
    one((x) => {
      const shape = tf.broadcastArgs(tf.tensor1d([x.shape[0], 1], 'int32'), tf.tensor1d([4], 'int32'));
      return tf.mul(tf.sum(x, 1), tf.ones(Array.from(shape.dataSync())));
    }, x),
  ],
  Diag: [
    one((x) => tf.add(tf.diag(tf.sum(x, [0, 1]) as tf.Tensor1D), x.shape[0]), x, NONE),
    one((x) => tf.diag(x), floats([5]), NONE),
    one((x) => tf.diag(x), floats(['batch']), NONE),
    one((x) => tf.diag(x), floats([2, 3]), NONE),
    one((x) => tf.diag(x), floats([1, 1, 3]), NONE),
    one((x) => tf.diag(x), ints([5], 9, -9)),
    one((x) => tf.diag(x), bools([5])),
  ],
  Pack: [
    line({ a: x, b: x }, ({ a, b }) => tf.stack([a, b])),
    line({ a: x, b: x }, ({ a, b }) => tf.stack([a, b], 2)),
    line({ a: x, b: x }, ({ a, b }) => tf.stack([a, b], -1)),
    line({ a: whole, b: whole }, ({ a, b }) => tf.stack([a, b], 1)),
  ],
  Unpack: [one((x) => tf.unstack(x, 1)), one((x) => tf.unstack(x, -1)), one((x) => tf.unstack(x, 2), whole)],
  Reverse: [
    ...ofEachType((x) => tf.reverse(x)),
    one((x) => tf.reverse(x, 0)),
    one((x) => tf.reverse(x, [-1, 1])),
  ],
};
