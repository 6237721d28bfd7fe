import * as tf from '@tensorflow/tfjs';
import { line, type Line, type LineOptions, type Examples } from '../example.js';
import { bools, floats, ints, type Input } from '../parity.js';

type Reduce = (x: tf.Tensor, axis?: number | number[], keepDims?: boolean) => tf.Tensor;

const x = floats(['batch', 3, 4]);
const whole = ints(['batch', 3, 4], 5, -4);
const PERMUTED = { gradient: "tfjs's gradient is of another shape where the axis is not the last" };
const NONE = { gradient: 'tfjs has no gradient' };

/** Over everything, the batch, the last axis, two axes by negative numbers, none at all; kept and not. */
const over = (f: Reduce, input: Input = x, options?: LineOptions): Line[] =>
  [undefined, 0, 2, -2, [1, 2], [-1, 0], []].flatMap((axis) =>
    [false, true].map((keep) => line({ x: input }, ({ x }) => f(x, axis, keep), options)),
  );

const one = (f: (x: tf.Tensor) => tf.Tensor, input: Input = x, options?: LineOptions): Line =>
  line({ x: input }, ({ x }) => f(x), options);

// The cpu backend has no kernel of this name: tf.logSoftmax is made of other ops.
tf.registerKernel({
  kernelName: tf.LogSoftmax,
  backendName: 'cpu',
  kernelFunc: ({ inputs, attrs }) =>
    tf.logSoftmax(inputs.logits as tf.Tensor, (attrs as { axis: number }).axis),
});

export const reductions: Examples = {
  Sum: [
    ...over(tf.sum),
    ...over(tf.sum, whole),
    ...over(tf.sum, bools(['batch', 3, 4])),
    // Broadcasting sums over the batch in its gradient.
    line({ x: floats(['batch', 3]), b: floats([3]) }, ({ x, b }) => tf.sum(tf.mul(x, b))),
  ],
  Mean: [...over(tf.mean, x, { gradient: 1e-5 }), ...over(tf.mean, whole)],
  Max: [...over(tf.max), ...over(tf.max, whole)],
  Min: [...over(tf.min), ...over(tf.min, whole)],
  Prod: [
    ...over(tf.prod, floats(['batch', 3, 4], 0.5, 1.5), { gradient: 'tfjs throws' }),
    ...over(tf.prod, ints(['batch', 3, 4], 2, -1)),
  ],
  All: over(tf.all, bools(['batch', 1, 2])),
  Any: over(tf.any, bools(['batch', 1, 2])),
  ArgMax: [
    one((x) => tf.argMax(x), x, NONE),
    one((x) => tf.argMax(x, 1), x, NONE),
    one((x) => tf.argMax(x, -1), x, NONE),
    one((x) => tf.argMax(x, -1), bools(['batch', 4])),
    // The first of equals.
    one((x) => tf.argMax(tf.cast(x, 'float32'), -1), ints(['batch', 9], 2)),
    one((x) => tf.argMax(x, -1), ints(['batch', 9], 3)),
  ],
  ArgMin: [
    one((x) => tf.argMin(x), x, NONE),
    one((x) => tf.argMin(x, -2), x, NONE),
    one((x) => tf.argMin(tf.cast(x, 'float32'), -1), ints(['batch', 9], 2)),
  ],
  Softmax: [
    one((x) => tf.softmax(x)),
    one((x) => tf.softmax(x), floats(['batch', 5], -80, 80)),
    one((x) => tf.softmax(x, 2)),
    one((x) => tf.softmax(x), floats(['batch'])),
  ],
  LogSoftmax: [
    one(
      (x) => tf.engine().runKernel(tf.LogSoftmax, { logits: x }, { axis: -1 }) as tf.Tensor,
      floats(['batch', 5], -80, 80),
    ),
    one((x) => tf.engine().runKernel(tf.LogSoftmax, { logits: x }, { axis: 2 }) as tf.Tensor),
  ],
  Cumsum: [
    one((x) => tf.cumsum(x, 1), bools(['batch', 4])),
    one((x) => tf.cumsum(x, 0), x, PERMUTED),
    one((x) => tf.cumsum(x, 1), x, PERMUTED),
    one((x) => tf.cumsum(x, 2, true)),
    one((x) => tf.cumsum(x, 2, false, true)),
    one((x) => tf.cumsum(x, 1, true, true), x, PERMUTED),
    one((x) => tf.cumsum(x, 1), whole),
  ],
  Cumprod: [
    one((x) => tf.cumprod(x, 1), x, NONE),
    one((x) => tf.cumprod(x, 0), floats([5, 2]), NONE),
    one((x) => tf.cumprod(x, 2, true), x, NONE),
    one((x) => tf.cumprod(x, 2, false, true), x, NONE),
    one((x) => tf.cumprod(x, 1, true, true), x, NONE),
    // Every length up to past a power of two, in both directions.
    ...[1, 2, 3, 4, 5, 7, 8, 9].map((n) =>
      one(
        (x) => tf.stack([tf.cumprod(x, 1), tf.cumprod(x, 1, true), tf.cumprod(x, 1, true, true)]),
        floats(['batch', n], 0.5, 2),
        NONE,
      ),
    ),
    one((x) => tf.cumprod(x, 1), whole),
    one((x) => tf.cumprod(x, 1, true, true), whole),
    one((x) => tf.cumprod(x, 1, true), bools(['batch', 3])),
  ],
};
