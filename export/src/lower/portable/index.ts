import type { Lowering } from '../lower.js';
import { channelAffine } from './channel-affine.js';
import { convFilterGradient, convInputGradient } from './convolution.js';
import { chooseBoxes } from './choose-boxes.js';
import { cumulativeProduct } from './cumulative-product.js';
import { fourierTransform } from './fourier-transform.js';
import { groupVariance } from './group-variance.js';
import { averagePoolGradient, maxPoolGradient } from './pooling.js';
import { resizeSpatial, resizeSpatialGradient } from './resize.js';
import { segmentSum } from './segment-sum.js';
import { wholeImageConv } from './whole-image-conv.js';

/** Standard ONNX, for any provider: what a file holds. */
export const portable: Lowering = {
  ChannelAffine: channelAffine,
  Conv: wholeImageConv,
  ConvInputGradient: convInputGradient,
  ConvFilterGradient: convFilterGradient,
  AveragePoolGradient: averagePoolGradient,
  MaxPoolGradient: maxPoolGradient,
  GroupVariance: groupVariance,
  ChooseBoxes: chooseBoxes,
  CumulativeProduct: cumulativeProduct,
  FourierTransform: fourierTransform,
  ResizeSpatial: resizeSpatial,
  ResizeSpatialGradient: resizeSpatialGradient,
  SegmentSum: segmentSum,
};
