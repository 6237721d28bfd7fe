import * as tf from '@tensorflow/tfjs';
import { line, type LineOptions, type Examples } from '../example.js';
import { floats, ints } from '../parity.js';

type Pair = [number, number];
type Resize = typeof tf.image.resizeBilinear;
interface Setting {
  readonly from: Pair;
  readonly to: Pair;
  readonly alignCorners: boolean;
  readonly halfPixelCenters: boolean;
}

/** Up, down, by whole factors and not, to one pixel and from one, in each of the three conventions. */
export const SETTINGS: readonly Setting[] = [
  [false, false],
  [true, false],
  [false, true],
].flatMap(([alignCorners, halfPixelCenters]) =>
  ([
    [[4, 5], [8, 10]],
    [[4, 5], [12, 5]],
    [[8, 6], [4, 2]],
    [[5, 7], [8, 3]],
    [[7, 6], [3, 9]],
    [[1, 3], [4, 1]],
    [[10, 10], [6, 7]],
    [[5, 5], [10, 15]],
  ] as [Pair, Pair][]).map(([from, to]) => ({ from, to, alignCorners: alignCorners!, halfPixelCenters: halfPixelCenters! })),
); // prettier-ignore

const lines = (f: Resize, settings: readonly Setting[], options: (setting: Setting) => LineOptions) =>
  settings.map((setting) =>
    line(
      { x: floats(['batch', ...setting.from, 2]) },
      ({ x }) => f(x, setting.to, setting.alignCorners, setting.halfPixelCenters),
      options(setting),
    ),
  );

const gradientOf = (f: Resize): Resize =>
  ((x: tf.Tensor4D, ...args: [Pair, boolean, boolean]) =>
    tf.grad((x) => tf.sum(tf.square(f(x as tf.Tensor4D, ...args))))(x)) as unknown as Resize;

const NO_SECOND = 'tfjs has no gradient of a gradient here';
const ADJOINT = 'tfjs is wrong; see the adjoints below';
// On tfjs's cpu backend the gradient of bilinear resizing takes height for width and knows no half-pixel centres, and
// that of nearest neighbours is right for one image only, and not with half-pixel centres either.
const right = SETTINGS.filter(({ halfPixelCenters }) => !halfPixelCenters);
// From a single pixel with its corners aligned it never comes back.
const finite = right.filter(({ from, alignCorners }) => !(alignCorners && from.includes(1)));
const square = right.filter(({ from }) => from[0] === from[1]);

export const resizings: Examples = {
  ResizeNearestNeighbor: lines(tf.image.resizeNearestNeighbor, SETTINGS, () => ({ gradient: ADJOINT })),
  ResizeBilinear: [
    ...lines(tf.image.resizeBilinear, SETTINGS, (setting) => ({
      within: 4e-6,
      ...(!square.includes(setting) && { gradient: ADJOINT }),
    })),
    line({ x: ints(['batch', 4, 5, 2], 9, -9) }, ({ x }) =>
      tf.image.resizeBilinear(x as tf.Tensor4D, [7, 8]),
    ),
  ],
  ResizeNearestNeighborGrad: lines(gradientOf(tf.image.resizeNearestNeighbor), finite, () => ({
    gradient: NO_SECOND,
    batches: [1],
  })),
  ResizeBilinearGrad: lines(gradientOf(tf.image.resizeBilinear), square, () => ({
    within: 4e-6,
    gradient: NO_SECOND,
  })),
};
