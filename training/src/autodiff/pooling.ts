import * as tf from '@tensorflow/tfjs';
import { fromInputs, type GradConfig } from './corrected-gradient.js';
import { runKernel } from './run-kernel.js';

interface PoolAttrs {
  filterSize: [number, number] | number;
  strides: [number, number] | number;
  pad: 'valid' | 'same' | number;
  dimRoundingMode?: 'floor' | 'round' | 'ceil';
}

type Images = tf.Tensor4D;

const windowsOf = (x: tf.Tensor, { filterSize, strides, pad, dimRoundingMode }: PoolAttrs) =>
  tf.backend_util.computePool2DInfo(x.shape as Images['shape'], filterSize, strides, 1, pad, dimRoundingMode);

type Windows = ReturnType<typeof windowsOf>;

const average = (x: tf.Tensor, { filterSize, strides, pad, dimRoundingMode }: PoolAttrs) =>
  tf.avgPool(x as Images, filterSize, strides, pad, dimRoundingMode);

const maximum = (x: tf.Tensor, { filterSize, strides, pad, dimRoundingMode }: PoolAttrs) =>
  tf.maxPool(x as Images, filterSize, strides, pad, dimRoundingMode);

/** How many positions of each window lie in the image, along one axis. */
const inside = (size: number, out: number, stride: number, before: number, filter: number): number[] =>
  Array.from({ length: out }, (_, i) => {
    const start = i * stride - before;
    return Math.min(size, start + filter) - Math.max(0, start);
  });

/** The same for both axes, [1, outHeight, outWidth, 1]; nothing where every window lies in the image. */
function counts(w: Windows): tf.Tensor | undefined {
  const rows = inside(w.inHeight, w.outHeight, w.strideHeight, w.padInfo.top, w.filterHeight);
  const columns = inside(w.inWidth, w.outWidth, w.strideWidth, w.padInfo.left, w.filterWidth);
  if (rows.every((n) => n === w.filterHeight) && columns.every((n) => n === w.filterWidth)) return undefined;
  return tf.tensor(
    rows.flatMap((r) => columns.map((c) => r * c)),
    [1, w.outHeight, w.outWidth, 1],
  );
}

/** The gradient of the maximum: each dy goes to the first largest element of its window. */
const scatter = (dy: tf.Tensor, x: tf.Tensor, attrs: PoolAttrs): tf.Tensor =>
  runKernel(tf.MaxPoolGrad, { dy, input: x, output: maximum(x, attrs) }, attrs);

/**
 * The adjoint of `scatter`: of each window of x, the element of z where x is largest. A gradient of its own, for the
 * strided slices that it takes have none; that gradient is `scatter` again.
 */
const gather = (z: tf.Tensor, x: tf.Tensor, attrs: PoolAttrs): tf.Tensor =>
  tf.customGrad((z, x, save) => {
    (save as tf.GradSaveFunc)([x as tf.Tensor]);
    return {
      value: gatherLargest(z as tf.Tensor, x as tf.Tensor, windowsOf(x as tf.Tensor, attrs)),
      gradFunc: (dy: tf.Tensor, [x]: tf.Tensor[]) => [scatter(dy, x!, attrs), tf.zerosLike(x!)],
    };
  })(z, x);

function gatherLargest(z: tf.Tensor, x: tf.Tensor, w: Windows): tf.Tensor {
  const { top, left } = w.padInfo;
  const after = (size: number, out: number, stride: number, before: number, filter: number) =>
    Math.max(0, (out - 1) * stride + filter - size - before);
  const pads: [number, number][] = [
    [0, 0],
    [top, after(w.inHeight, w.outHeight, w.strideHeight, top, w.filterHeight)],
    [left, after(w.inWidth, w.outWidth, w.strideWidth, left, w.filterWidth)],
    [0, 0],
  ];
  const [paddedX, paddedZ] = [tf.pad(x, pads, -3.4028234663852886e38), tf.pad(z, pads)];
  const at = (t: tf.Tensor, row: number, column: number) =>
    tf.stridedSlice(
      t,
      [0, row, column, 0],
      [
        t.shape[0]!,
        row + (w.outHeight - 1) * w.strideHeight + 1,
        column + (w.outWidth - 1) * w.strideWidth + 1,
        t.shape[3]!,
      ],
      [1, w.strideHeight, w.strideWidth, 1],
    );
  let [largest, chosen] = [at(paddedX, 0, 0), at(paddedZ, 0, 0)];
  for (let i = 1; i < w.filterHeight * w.filterWidth; i++) {
    const [row, column] = [Math.floor(i / w.filterWidth), i % w.filterWidth];
    const next = at(paddedX, row, column);
    const larger = tf.greater(next, largest);
    chosen = tf.where(larger, at(paddedZ, row, column), chosen);
    largest = tf.where(larger, next, largest);
  }
  return chosen;
}

/** Average and max pooling of images. */
export const poolings: readonly GradConfig[] = [
  fromInputs<'x', PoolAttrs>(tf.AvgPool, ['x'], (dy, { x }, attrs) => ({
    x: () => {
      const windows = windowsOf(x, attrs);
      const count = counts(windows);
      if (count === undefined) return runKernel(tf.AvgPoolGrad, { dy, input: x }, attrs);
      // The kernel of the cpu backend divides by the size of the window where the pool divides by what of it lies in
      // the image, and drops the rounding mode. So: the adjoint of a depthwise convolution with ones.
      const { strides, pad, dimRoundingMode } = attrs;
      const filter = tf.ones([windows.filterHeight, windows.filterWidth, windows.inChannels, 1]);
      return runKernel(
        tf.DepthwiseConv2dNativeBackpropInput,
        { dy: tf.div(dy, count), filter },
        { strides, pad, dimRoundingMode, dilations: [1, 1], inputShape: x.shape },
      );
    },
  })),

  fromInputs<'dy' | 'input', PoolAttrs>(tf.AvgPoolGrad, ['dy', 'input'], (ddx, { input }, attrs) => ({
    dy: () => average(ddx, attrs),
    input: () => tf.zerosLike(input),
  })),

  fromInputs<'x', PoolAttrs>(tf.MaxPool, ['x'], (dy, { x }, attrs) => ({ x: () => scatter(dy, x, attrs) })),

  fromInputs<'input' | 'output' | 'dy', PoolAttrs>(
    tf.MaxPoolGrad,
    ['input', 'output', 'dy'],
    (ddx, { input, output }, attrs) => ({
      dy: () => gather(ddx, input, attrs),
      input: () => tf.zerosLike(input),
      output: () => tf.zerosLike(output),
    }),
  ),
];
