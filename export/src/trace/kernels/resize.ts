import type { ResizeBilinearAttrs } from '@tensorflow/tfjs-core';
import * as g from '../../graph/ops.js';
import { resize, resizeGradient, type Resizing } from '../../graph/operators.js';
import { toChannelsFirst, toChannelsLast } from './layout.js';
import { input, type Rule, type Rules } from './rule.js';

const resizing =
  (mode: Resizing['mode']): Rule =>
  (inputs, { size, alignCorners, halfPixelCenters }: ResizeBilinearAttrs) => {
    const images = input(inputs, 'images');
    // Between whole numbers lie others.
    const x = toChannelsFirst(mode === 'linear' ? g.cast(images, 'float32') : images);
    return toChannelsLast(resize(x, [size], { mode, alignCorners, halfPixelCenters }));
  };

const resizingGradient =
  (mode: Resizing['mode']): Rule =>
  (inputs, { alignCorners, halfPixelCenters }: ResizeBilinearAttrs) => {
    const [, height, width] = input(inputs, 'images').shape as [number, number, number, number];
    const dy = toChannelsFirst(input(inputs, 'dy'));
    return toChannelsLast(resizeGradient(dy, [[height, width]], { mode, alignCorners, halfPixelCenters }));
  };

export const resizings: Rules = {
  ResizeNearestNeighbor: resizing('nearest'),
  ResizeBilinear: resizing('linear'),
  ResizeNearestNeighborGrad: resizingGradient('nearest'),
  ResizeBilinearGrad: resizingGradient('linear'),
};
