import * as tf from '@tensorflow/tfjs';
import { line, type Line, type LineOptions, type Examples } from '../example.js';
import { bools, floats, ints, type Input } from '../parity.js';

const x = floats(['batch', 3, 4]);
const image = floats(['batch', 4, 6, 2]);
const whole = ints(['batch', 3, 4], 9, -9);
const flags = bools(['batch', 3, 4]);
const BATCHED = { gradient: 'tfjs has none in batches' };
const NONE = { gradient: 'tfjs has no gradient' };

const one = (f: (x: tf.Tensor4D) => tf.Tensor | tf.Tensor[], input: Input = x, options?: LineOptions): Line =>
  line({ x: input }, ({ x }) => f(x), options);

/** The same for float32, int32 and bool. */
const any = (f: (x: tf.Tensor4D) => tf.Tensor | tf.Tensor[], options?: LineOptions): Line[] => [
  one(f, x, options),
  one(f, whole),
  one(f, flags),
];

const strided = (...args: [number[], number[], number[], ...number[]]) =>
  one((x) => tf.stridedSlice(x, ...args), x, NONE);

// The cpu backend has no kernel of this name: tf.broadcastTo runs Tile.
tf.registerKernel({
  kernelName: tf.BroadcastTo,
  backendName: 'cpu',
  kernelFunc: ({ inputs, attrs }) =>
    tf.broadcastTo(inputs.x as tf.Tensor, (attrs as unknown as { shape: number[] }).shape),
});

export const shapes: Examples = {
  Reshape: [
    ...any((x) => tf.reshape(x, [-1, 12])),
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
    ...any((x) => tf.transpose(x)),
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
  Slice: [
    ...any((x) => tf.slice(x, [0, 1, 1], [-1, 1, 2])),
    one((x) => tf.slice(x, [0, 0, 2])),
    one((x) => tf.slice(x, 0, 1)),
    // Ends that follow the batch.
    one((x) => tf.slice(x, [0, 1, 0], [x.shape[0] - 1, 2, 4]), floats(['batch', 3, 4]), {
      batches: [2, 3, 17],
    }),
    one((x) => tf.slice(x, [x.shape[0] - 1, 0, 0], [1, 3, 4])),
  ],
  StridedSlice: [
    strided([0, 0, 0], [1, 3, 4], [1, 1, 1]),
    strided([0, 0, 1], [1, 3, 4], [1, 2, 2]),
    strided([0, -1, 3], [1, -4, 0], [1, -1, -2]),
    // The same with masks: begin, end, ellipsis, new axis, shrink.
    strided([0, 0, 0], [0, 0, 0], [1, 1, 2], 0b111, 0b111),
    strided([0, 2, 0], [0, 0, 0], [1, -1, 1], 0b101, 0b111),
    strided([0, 1], [0, 3], [1, 2], 0, 0, 0b01),
    strided([0, 0, 1], [0, 0, 2], [1, 1, 1], 0b011, 0b011, 0, 0, 0b100),
    strided([0, 0, 0], [0, 0, 3], [1, 1, 1], 0b001, 0b001, 0, 0b010),
    // Backwards along one axis while the end of another follows the batch.
    one((x) => tf.stridedSlice(x, [0, 2, 0], [x.shape[0] - 1, -4, 4], [1, -1, 1]), x, {
      ...NONE,
      batches: [2, 3, 17],
    }),
  ],
  PadV2: [
    one((x) => tf.pad(x, [[0, 0], [1, 2], [0, 3]])),
    one((x) => tf.pad(x, [[1, 2], [0, 0], [0, 0]], -1.5)),
    one((x) => tf.pad(x, [[0, 0], [0, 1], [1, 0]], 7), whole),
    one((x) => tf.pad(x, [[0, 0], [0, 1], [1, 0]], -Infinity), x, NONE),
    one((x) => tf.maximum(tf.pad(x, [[0, 0], [0, 1], [1, 0]], -Infinity), tf.pad(x, [[0, 0], [0, 1], [1, 0]], Infinity)), x, NONE),
  ], // prettier-ignore
  MirrorPad: [
    one((x) => tf.mirrorPad(x, [[0, 0], [1, 2], [3, 0]], 'reflect'), x, NONE),
    one((x) => tf.mirrorPad(x, [[0, 0], [3, 2], [1, 4]], 'symmetric'), x, NONE),
    one((x) => tf.mirrorPad(x, [[0, 0], [0, 2], [3, 3]], 'reflect'), whole),
    one((x) => tf.mirrorPad(x, [[0, 0], [0, 2], [3, 3]], 'symmetric'), whole),
  ], // prettier-ignore
  Tile: [
    ...any((x) => tf.tile(x, [1, 2, 3])),
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
  Reverse: [...any((x) => tf.reverse(x)), one((x) => tf.reverse(x, 0)), one((x) => tf.reverse(x, [-1, 1]))],
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
  Fill: [
    one((x) => tf.mul(x, tf.fill(x.shape, 2.5))),
    one((x) => tf.add(x, tf.fill([x.shape[0], 1, 4], 3, 'int32')), whole),
    one((x) => tf.fill([2 * x.shape[0] + 1, 2], 0.1), x, NONE),
  ],
  ZerosLike: any((x) => tf.zerosLike(x), NONE),
  OnesLike: any((x) => tf.onesLike(x), NONE),
  Range: [
    one((x) => tf.mul(x, tf.range(0, 4))),
    one((x) => tf.mul(x, tf.range(3, -1, -1, 'int32')), whole),
    one((x) => tf.add(x, tf.range(0, 1, 0.3)), x),
    one((x) => tf.mul(x, tf.range(4, 0)), x),
    one((x) => tf.mul(x, tf.range(4, 0, -1)), x),
    // Along the batch.
    one((x) => tf.mul(x, tf.range(1, x.shape[1] + 1)), floats([4, 'batch'])),
  ],
  OneHot: [
    line({ i: ints(['batch'], 5) }, ({ i }) => tf.oneHot(i, 5)),
    line({ i: ints(['batch', 3], 9, -2) }, ({ i }) => tf.oneHot(i, 5, 2, -1)),
    line({ i: ints(['batch'], 5) }, ({ i }) => tf.oneHot(i, 5, 0.5, 0.25, 'float32')),
  ],
  LinSpace: [one((x) => tf.mul(x, tf.linspace(-1, 2, 4))), one((x) => tf.mul(x, tf.linspace(3, 5, 1)))],
  DepthToSpace: [
    one((x) => tf.depthToSpace(x, 2), floats(['batch', 3, 2, 12]), NONE),
    one((x) => tf.depthToSpace(x, 3), floats(['batch', 2, 1, 9]), NONE),
  ],
  SpaceToBatchND: [
    one((x) => tf.spaceToBatchND(x, [2, 3], [[0, 0], [0, 0]]), image),
    one((x) => tf.spaceToBatchND(x, [2, 2], [[1, 1], [2, 0]]), image),
    one((x) => tf.spaceToBatchND(x, [2], [[1, 0]]), x),
  ], // prettier-ignore
  BatchToSpaceND: [
    one((x) => tf.batchToSpaceND(x, [2, 2], [[0, 0], [0, 0]]), floats([4, 3, 2, 'batch'])),
    one((x) => tf.batchToSpaceND(x, [2, 3], [[1, 1], [2, 0]]), floats([6, 3, 2, 'batch'])),
    one((x) => tf.batchToSpaceND(tf.concat([x, x], 0), [2], [[0, 1]]), x),
  ], // prettier-ignore
};
