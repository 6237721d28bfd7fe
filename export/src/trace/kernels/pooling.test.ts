import * as tf from '@tensorflow/tfjs';
import { expect, test } from 'vitest';
import { adjointDifference } from '../../testing/adjoint.js';
import { line, testKernels, type Line } from '../../testing/kernels.js';
import { SEED, floats } from '../../testing/parity.js';
import { poolings } from './pooling.js';

type Pair = [number, number];
type Args = [
  filter: number | Pair,
  strides: number | Pair,
  pad: 'same' | 'valid' | number,
  rounding?: 'ceil',
];
type Setting = readonly [size: Pair, args: Args];

/** Windows that tile, do not fit, overlap, leave gaps, take everything. */
const INSIDE: readonly Setting[] = [
  [[6, 4], [2, 2, 'valid']],
  [[7, 5], [2, 2, 'valid']],
  [[6, 6], [3, 1, 'valid']],
  [[8, 7], [2, 3, 'valid']],
  [[7, 8], [[2, 3], [2, 1], 'valid']],
  [[5, 5], [5, 5, 'valid']],
  [[5, 4], [1, 2, 'valid']],
]; // prettier-ignore
/** Windows that reach into the padding. */
const PADDED: readonly Setting[] = [
  [[7, 5], [2, 2, 'same']],
  [[6, 5], [3, 1, 'same']],
  [[6, 5], [[2, 3], [1, 2], 'same']],
  [[8, 7], [3, 2, 1]],
]; // prettier-ignore
/** One position more than fits. */
const CEIL: readonly Setting[] = [
  [[8, 6], [3, 2, 1, 'ceil']],
  [[7, 5], [2, 2, 0, 'ceil']],
]; // prettier-ignore

const pools = (
  f: (x: tf.Tensor4D, args: Args) => tf.Tensor,
  settings: readonly Setting[],
  gradient?: string,
) =>
  settings.map(([size, args]): Line =>
    line({ x: floats(['batch', ...size, 3]) }, ({ x }) => f(x, args), {
      ...(gradient !== undefined && { gradient }),
    }),
  );

const average = (x: tf.Tensor4D, args: Args) => tf.avgPool(x, ...args);
const maximum = (x: tf.Tensor4D, args: Args) => tf.maxPool(x, ...args);
const gradientOf = (pool: typeof average) => (x: tf.Tensor4D, args: Args) =>
  tf.grad((x) => tf.sum(tf.square(pool(x as tf.Tensor4D, args))))(x);

const NO_SECOND = 'tfjs has no gradient of a gradient here';
const PADDING = "tfjs's cpu gradient counts the padding, its pool does not; see the adjoints below";
const ROUNDING = "tfjs's gradient loses the rounding mode; see the adjoints below";

testKernels(poolings, {
  AvgPool: [
    ...pools(average, INSIDE),
    ...pools(average, PADDED, PADDING),
    ...pools(average, CEIL, ROUNDING),
    // By way of batches of pixels that lie two apart.
    line({ x: floats(['batch', 6, 5, 2]) }, ({ x }) => tf.pool(x, [2, 2], 'avg', 'valid', [2, 2])),
  ],
  MaxPool: [
    ...pools(maximum, [...INSIDE, ...PADDED]),
    ...pools(maximum, CEIL, ROUNDING),
    // Nothing but negative numbers, so that padding with 0 would show.
    line({ x: floats(['batch', 5, 5, 2], -3, -1) }, ({ x }) => tf.maxPool(x, 3, 2, 'same')),
    // Many equal numbers: the gradient goes to the first.
    line({ x: floats(['batch', 6, 6, 2]) }, ({ x }) => tf.maxPool(tf.relu(x), 3, 1, 'same')),
  ],
  AvgPoolGrad: pools(gradientOf(average), INSIDE, NO_SECOND),
  MaxPoolGrad: pools(gradientOf(maximum), [...INSIDE, ...PADDED], NO_SECOND),
});

test.each([...PADDED, ...CEIL])(
  'average pooling of %j with %j: the gradient is the adjoint',
  async (size, args) => {
    const difference = await adjointDifference((x) => average(x, args), floats(['batch', ...size, 3]));
    expect(difference, `seed ${SEED}`).toBeLessThan(1e-6);
  },
);
