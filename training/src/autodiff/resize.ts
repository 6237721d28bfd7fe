import * as tf from '@tensorflow/tfjs';
import { fromInputs, type GradConfig } from './corrected-gradient.js';
import { runKernel } from './run-kernel.js';

interface ResizeAttrs {
  alignCorners: boolean;
  halfPixelCenters: boolean;
}

type Resize = typeof tf.image.resizeBilinear;
type Images = tf.Tensor4D;

/** Where the gradient kernel of a backend is wrong: see `byMatrices`. */
const isWrong = (kernelName: string, images: tf.Tensor, { halfPixelCenters }: ResizeAttrs): boolean =>
  halfPixelCenters ||
  (kernelName === tf.ResizeNearestNeighbor && tf.getBackend() === 'cpu' && images.shape[0]! > 1);

/**
 * The gradient of resizing as two matrix products. The kernels of the cpu and tensorflow backends ignore
 * halfPixelCenters, and the cpu's of nearest neighbours reads the second image and those after it at the wrong place.
 */
function byMatrices(dy: tf.Tensor, images: tf.Tensor, resize: Resize, attrs: ResizeAttrs): tf.Tensor {
  const [, height, width, channels] = images.shape as Images['shape'];
  const [batch, outHeight, outWidth] = dy.shape as Images['shape'];
  // Each column of the identity, resized, is a column of the matrix: [1, out, size].
  const matrix = (size: number, out: number) =>
    tf.reshape(
      resize(
        tf.reshape(tf.eye(size), [1, size, 1, size]) as Images,
        [out, 1],
        attrs.alignCorners,
        attrs.halfPixelCenters,
      ),
      [1, out, size],
    );
  const rows = tf.matMul(
    matrix(height, outHeight),
    tf.reshape(dy, [batch, outHeight, outWidth * channels]),
    true,
  );
  const columns = tf.matMul(
    matrix(width, outWidth),
    tf.reshape(rows, [batch * height, outWidth, channels]),
    true,
  );
  return tf.reshape(columns, images.shape);
}

const resizing = (kernelName: string, gradientName: string, resize: Resize): GradConfig[] => [
  fromInputs<'images', ResizeAttrs>(kernelName, ['images'], (dy, { images }, attrs) => ({
    images: () =>
      isWrong(kernelName, images, attrs)
        ? byMatrices(dy, images, resize, attrs)
        : runKernel(gradientName, { dy, images }, attrs),
  })),
  fromInputs<'dy' | 'images', ResizeAttrs>(
    gradientName,
    ['dy', 'images'],
    (ddx, { dy, images }, { alignCorners, halfPixelCenters }) => ({
      dy: () => resize(ddx as Images, [dy.shape[1]!, dy.shape[2]!], alignCorners, halfPixelCenters),
      images: () => tf.zerosLike(images),
    }),
  ),
];

/** Resizing of images: its gradient is linear, and the gradient of that is to resize. */
export const resizings: readonly GradConfig[] = [
  ...resizing(tf.ResizeNearestNeighbor, tf.ResizeNearestNeighborGrad, tf.image.resizeNearestNeighbor),
  ...resizing(tf.ResizeBilinear, tf.ResizeBilinearGrad, tf.image.resizeBilinear),
];
