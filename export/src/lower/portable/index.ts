import type { Lowering } from '../lower.js';
import { convFilterGradient, convInputGradient } from './convolution.js';
import { averagePoolGradient, maxPoolGradient } from './pooling.js';
import { resizeSpatial, resizeSpatialGradient } from './resize.js';
import { segmentSum } from './segment-sum.js';

/** Standard ONNX, for any provider: what a file holds. */
export const portable: Lowering = {
  ConvInputGradient: convInputGradient,
  ConvFilterGradient: convFilterGradient,
  AveragePoolGradient: averagePoolGradient,
  MaxPoolGradient: maxPoolGradient,
  ResizeSpatial: resizeSpatial,
  ResizeSpatialGradient: resizeSpatialGradient,
  SegmentSum: segmentSum,
};
