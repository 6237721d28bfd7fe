import * as tf from '@tensorflow/tfjs';
import { fromInputs, type GradConfig } from './corrected-gradient.js';
import { runKernel } from './run-kernel.js';

interface ConvAttrs {
  strides: [number, number] | number;
  pad: 'valid' | 'same' | number;
  dataFormat: 'NHWC' | 'NCHW';
  dilations?: [number, number] | number;
  dimRoundingMode?: 'floor' | 'round' | 'ceil';
}

type Images = tf.Tensor4D;
type Filter = tf.Tensor4D;

function refuseDilation(kernel: string, dilations: ConvAttrs['dilations']): void {
  if ([dilations ?? 1].flat().some((d) => d !== 1))
    throw new Error(
      `The derivative of ${kernel} needs dilations of 1; these are ${JSON.stringify(dilations)}.`,
    );
}

/**
 * A convolution is linear in the image and in its filter. So are the two kernels that its gradient is made of, each
 * in both of its inputs, and the derivatives of the three are one another.
 */
export const convolutions: readonly GradConfig[] = [
  // The stock gradient loses the rounding mode, which makes it wrong where rounding up adds a position.
  fromInputs<'x' | 'filter', ConvAttrs>(tf.Conv2D, ['x', 'filter'], (dy, { x, filter }, attrs) => {
    const { dilations, ...rest } = attrs;
    refuseDilation(tf.Conv2D, dilations);
    return {
      x: () => runKernel(tf.Conv2DBackpropInput, { dy, filter }, { ...rest, inputShape: x.shape }),
      filter: () => runKernel(tf.Conv2DBackpropFilter, { x, dy }, { ...rest, filterShape: filter.shape }),
    };
  }),

  fromInputs<'x' | 'dy', ConvAttrs>(
    tf.Conv2DBackpropFilter,
    ['x', 'dy'],
    (ddw, { x, dy }, { strides, pad, dataFormat, dimRoundingMode }) => {
      if (dataFormat !== 'NHWC')
        throw new Error(
          `The second derivative of ${tf.Conv2D} needs the NHWC layout; this one is ${dataFormat}.`,
        );
      const filter = ddw as Filter;
      return {
        x: () =>
          tf.conv2dTranspose(
            dy as Images,
            filter,
            x.shape as [number, number, number, number],
            strides,
            pad,
            dimRoundingMode,
          ),
        dy: () => tf.conv2d(x as Images, filter, strides, pad, dataFormat, 1, dimRoundingMode),
      };
    },
  ),

  fromInputs<'dy' | 'filter', ConvAttrs>(
    tf.DepthwiseConv2dNativeBackpropInput,
    ['dy', 'filter'],
    (ddx, { dy, filter }, attrs) => ({
      dy: () => depthwise(ddx, filter, attrs),
      filter: () =>
        runKernel(
          tf.DepthwiseConv2dNativeBackpropFilter,
          { x: ddx, dy },
          { ...geometry(attrs), filterShape: filter.shape },
        ),
    }),
  ),

  fromInputs<'x' | 'dy', ConvAttrs>(
    tf.DepthwiseConv2dNativeBackpropFilter,
    ['x', 'dy'],
    (ddw, { x, dy }, attrs) => ({
      x: () =>
        runKernel(
          tf.DepthwiseConv2dNativeBackpropInput,
          { dy, filter: ddw },
          { ...geometry(attrs), inputShape: x.shape },
        ),
      dy: () => depthwise(x, ddw, attrs),
    }),
  ),
];

const depthwise = (
  x: tf.Tensor,
  filter: tf.Tensor,
  { strides, pad, dilations, dimRoundingMode }: ConvAttrs,
) => tf.depthwiseConv2d(x as Images, filter as Filter, strides, pad, 'NHWC', dilations ?? 1, dimRoundingMode);

const geometry = ({ strides, pad, dilations, dimRoundingMode }: ConvAttrs) => ({
  strides,
  pad,
  dilations: dilations ?? [1, 1],
  dimRoundingMode,
});
