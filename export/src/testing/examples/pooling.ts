import * as tf from '@tensorflow/tfjs';
import { line, type Line, type Examples } from '../example.js';
import { floats, ints } from '../parity.js';

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
export const PADDED: readonly Setting[] = [
  [[7, 5], [2, 2, 'same']],
  [[6, 5], [3, 1, 'same']],
  [[6, 5], [[2, 3], [1, 2], 'same']],
  [[8, 7], [3, 2, 1]],
]; // prettier-ignore
/** One position more than fits. */
export const CEIL: readonly Setting[] = [
  [[8, 6], [3, 2, 1, 'ceil']],
  [[7, 5], [2, 2, 0, 'ceil']],
]; // prettier-ignore

const pools = <X extends tf.Tensor, A>(
  f: (x: X, args: A) => tf.Tensor,
  settings: readonly (readonly [size: number[], args: A])[],
  gradient?: string,
) =>
  settings.map(([size, args]): Line =>
    line({ x: floats(['batch', ...size, 3]) }, ({ x }) => f(x as tf.Tensor as X, args), {
      ...(gradient !== undefined && { gradient }),
    }),
  );

type Three = [number, number, number];
type Args3 = [
  filter: number | Three,
  strides: number | Three,
  pad: 'same' | 'valid' | number,
  rounding?: 'ceil',
];
type Setting3 = readonly [size: Three, args: Args3];

const VOLUMES_INSIDE: readonly Setting3[] = [
  [[4, 6, 2], [2, 2, 'valid']],
  [[5, 4, 6], [3, 1, 'valid']],
  [[5, 7, 6], [2, [3, 2, 1], 'valid']],
  [[3, 3, 4], [1, 2, 'valid']],
]; // prettier-ignore
export const VOLUMES_PADDED: readonly Setting3[] = [
  [[5, 4, 7], [2, 2, 'same']],
  [[4, 6, 5], [3, [1, 2, 2], 'same']],
  [[8, 5, 7], [3, 2, 1]],
]; // prettier-ignore
export const VOLUMES_CEIL: readonly Setting3[] = [
  [[8, 6, 4], [3, 2, 1, 'ceil']],
  [[5, 7, 5], [2, 2, 0, 'ceil']],
]; // prettier-ignore
/** Windows that are no cubes, of which tfjs's cpu gradient takes the wrong elements. */
export const VOLUMES_UNEVEN: readonly Setting3[] = [
  [[6, 5, 7], [[1, 2, 3], [1, 2, 2], 'valid']],
  [[6, 5, 7], [[2, 3, 1], [2, 1, 3], 'same']],
]; // prettier-ignore

export const average = (x: tf.Tensor4D, args: Args) => tf.avgPool(x, ...args);
const maximum = (x: tf.Tensor4D, args: Args) => tf.maxPool(x, ...args);
export const average3 = (x: tf.Tensor5D, args: Args3) => tf.avgPool3d(x, ...args);
export const maximum3 = (x: tf.Tensor5D, args: Args3) => tf.maxPool3d(x, ...args);
export const gradientOf =
  <X extends tf.Tensor, A>(pool: (x: X, args: A) => tf.Tensor) =>
  (x: X, args: A) =>
    tf.grad((x) => tf.sum(tf.square(pool(x as X, args))))(x);

const NO_SECOND = 'tfjs has no gradient of a gradient here';
const PADDING = "tfjs's cpu gradient counts the padding, its pool does not; see the adjoints below";
const UNEVEN = "tfjs's cpu gradient takes the wrong elements where height and width differ; see below";
const ROUNDING = "tfjs's gradient loses the rounding mode; see the adjoints below";

export const poolings: Examples = {
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
  AvgPool3D: [
    ...pools(average3, VOLUMES_INSIDE),
    ...pools(average3, [...VOLUMES_PADDED, ...VOLUMES_UNEVEN], PADDING),
    ...pools(average3, VOLUMES_CEIL, ROUNDING),
  ],
  MaxPool3D: [
    ...pools(maximum3, [...VOLUMES_INSIDE, ...VOLUMES_PADDED]),
    ...pools(maximum3, VOLUMES_CEIL, ROUNDING),
    ...pools(maximum3, VOLUMES_UNEVEN, UNEVEN),
    line({ x: floats(['batch', 3, 3, 5, 2], -3, -1) }, ({ x }) => tf.maxPool3d(x as never, 3, 2, 'same')),
  ],
  AvgPoolGrad: pools(gradientOf(average), INSIDE, NO_SECOND),
  AvgPool3DGrad: pools(gradientOf(average3), VOLUMES_INSIDE, NO_SECOND),
  MaxPoolGrad: pools(gradientOf(maximum), [...INSIDE, ...PADDED], NO_SECOND),
  MaxPool3DGrad: pools(gradientOf(maximum3), [...VOLUMES_INSIDE, ...VOLUMES_PADDED], NO_SECOND),
  MaxPoolWithArgmax: [true, false].flatMap((includeBatch) =>
    [...INSIDE, ...PADDED].flatMap(([size, args]) =>
      // Numbers that are all unlike, and many that are equal, of which the first counts.
      [floats(['batch', ...size, 3]), ints(['batch', ...size, 2], 3)].map((x) =>
        line(
          { x },
          ({ x }) => {
            const [filter, strides, pad] = args;
            const image = tf.cast(x, 'float32');
            const { result, indexes } = tf.maxPoolWithArgmax(image, filter, strides, pad, includeBatch);
            return [result!, indexes!];
          },
          { within: 0, gradient: 'tfjs has none' },
        ),
      ),
    ),
  ),
};
