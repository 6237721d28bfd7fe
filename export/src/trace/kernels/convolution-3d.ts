import { backend_util } from '@tensorflow/tfjs-core';
import type {
  Conv3DAttrs,
  Conv3DBackpropFilterV2Attrs,
  Conv3DBackpropInputV2Attrs,
} from '@tensorflow/tfjs-core';
import { conv, convFilterGradient, convInputGradient, type Window } from '../../graph/operators.js';
import {
  channelsFirst,
  onnxFilterShape,
  toChannelsFirst,
  toChannelsLast,
  toOnnxFilter,
  toTfjsFilter,
} from './layout.js';
import { input, type Rules } from './rule.js';
import { onnxWindow, volumeAxes } from './window.js';

type Shape5D = [number, number, number, number, number];

function windowOf(
  x: readonly number[],
  filter: readonly number[],
  { strides, pad }: Pick<Conv3DAttrs, 'strides' | 'pad'>,
  dilations: Conv3DAttrs['dilations'] = 1,
): Window {
  const info = backend_util.computeConv3DInfo(x as Shape5D, filter as Shape5D, strides, dilations, pad);
  return onnxWindow(volumeAxes(info), 1);
}

export const convolutions3d: Rules = {
  Conv3D: (inputs, attrs: Conv3DAttrs) => {
    const x = input(inputs, 'x');
    const filter = input(inputs, 'filter');
    const window = windowOf(x.shape, filter.shape, attrs, attrs.dilations);
    return toChannelsLast(conv(toChannelsFirst(x), toOnnxFilter(filter), window));
  },
  Conv3DBackpropInputV2: (inputs, attrs: Conv3DBackpropInputV2Attrs) => {
    const dy = input(inputs, 'dy');
    const filter = input(inputs, 'filter');
    const window = windowOf(attrs.inputShape, filter.shape, attrs);
    return toChannelsLast(
      convInputGradient(toChannelsFirst(dy), toOnnxFilter(filter), window, [channelsFirst(attrs.inputShape)]),
    );
  },
  Conv3DBackpropFilterV2: (inputs, attrs: Conv3DBackpropFilterV2Attrs) => {
    const x = input(inputs, 'x');
    const dy = input(inputs, 'dy');
    const window = windowOf(x.shape, attrs.filterShape, attrs);
    return toTfjsFilter(
      convFilterGradient(toChannelsFirst(x), toChannelsFirst(dy), window, onnxFilterShape(attrs.filterShape)),
    );
  },
};
