import * as tf from '@tensorflow/tfjs';
import { fromInputs, type GradConfig } from './corrected-gradient.js';

interface PoolAttrs {
  filterSize: [number, number] | number;
  strides: [number, number] | number;
  pad: 'valid' | 'same' | number;
  dimRoundingMode?: 'floor' | 'round' | 'ceil';
}

interface ResizeAttrs {
  alignCorners: boolean;
  halfPixelCenters: boolean;
}

interface ConvAttrs extends PoolAttrs {
  dataFormat: 'NHWC' | 'NCHW';
}

type Resize = typeof tf.image.resizeBilinear;

const resizeGradient = (kernelName: string, resize: Resize) =>
  fromInputs<'dy' | 'images', ResizeAttrs>(
    kernelName,
    ['dy', 'images'],
    (ddx, { dy, images }, { alignCorners, halfPixelCenters }) => ({
      dy: () => resize(ddx as tf.Tensor4D, [dy.shape[1]!, dy.shape[2]!], alignCorners, halfPixelCenters),
      images: () => tf.zerosLike(images),
    }),
  );

/**
 * Gradients of gradient kernels that have none in TensorFlow.js. Each of these kernels is the adjoint of a linear
 * map, so its own adjoint is that map, and it does not depend on the values at which the map was differentiated.
 */
export const linearAdjoints: readonly GradConfig[] = [
  fromInputs<'dy' | 'input', PoolAttrs>(
    tf.AvgPoolGrad,
    ['dy', 'input'],
    (ddx, { input }, { filterSize, strides, pad, dimRoundingMode }) => ({
      dy: () => tf.avgPool(ddx as tf.Tensor4D, filterSize, strides, pad, dimRoundingMode),
      input: () => tf.zerosLike(input),
    }),
  ),

  resizeGradient(tf.ResizeNearestNeighborGrad, tf.image.resizeNearestNeighbor),
  resizeGradient(tf.ResizeBilinearGrad, tf.image.resizeBilinear),

  // The gradient of a convolution's kernel is linear in the image and in dy: for fixed dy, a transposed convolution
  // leads back to the image, and for a fixed image a convolution to dy.
  fromInputs<'x' | 'dy', ConvAttrs>(
    tf.Conv2DBackpropFilter,
    ['x', 'dy'],
    (ddw, { x, dy }, { strides, pad, dataFormat, dimRoundingMode }) => {
      if (dataFormat !== 'NHWC')
        throw new Error(`The second derivative of conv2d needs the NHWC layout; this one is ${dataFormat}.`);
      const kernel = ddw as tf.Tensor4D;
      return {
        x: () =>
          tf.conv2dTranspose(
            dy as tf.Tensor4D,
            kernel,
            x.shape as [number, number, number, number],
            strides,
            pad,
            dimRoundingMode,
          ),
        dy: () => tf.conv2d(x as tf.Tensor4D, kernel, strides, pad, dataFormat, 1, dimRoundingMode),
      };
    },
  ),
];
