import { backend_util, type AvgPoolAttrs, type AvgPoolGradAttrs } from '@tensorflow/tfjs-core';
import { averagePoolGradient, maxPoolGradient, pool, type Window } from '../../graph/operators.js';
import { toChannelsFirst, toChannelsLast } from './layout.js';
import { input, type Rule, type Rules } from './rule.js';

function windowOf(x: readonly number[], { filterSize, strides, pad, dimRoundingMode }: AvgPoolAttrs): Window {
  const info = backend_util.computePool2DInfo(
    x as [number, number, number, number],
    filterSize,
    strides,
    1,
    pad as 'same',
    dimRoundingMode,
  );
  const { top, left, bottom, right } = info.padInfo;
  return {
    kernel: [info.filterHeight, info.filterWidth],
    strides: [info.strideHeight, info.strideWidth],
    pads: [top, left, bottom, right],
    dilations: [1, 1],
    group: 1,
  };
}

const pooling =
  (op: 'AveragePool' | 'MaxPool'): Rule =>
  (inputs, attrs: AvgPoolAttrs) => {
    const x = input(inputs, 'x');
    return toChannelsLast(pool(op, toChannelsFirst(x), windowOf(x.shape, attrs)));
  };

export const poolings: Rules = {
  AvgPool: pooling('AveragePool'),
  MaxPool: pooling('MaxPool'),
  AvgPoolGrad: (inputs, attrs: AvgPoolGradAttrs) => {
    const x = toChannelsFirst(input(inputs, 'input'));
    const window = windowOf(input(inputs, 'input').shape, attrs);
    return toChannelsLast(averagePoolGradient(toChannelsFirst(input(inputs, 'dy')), window, x.shapes));
  },
  MaxPoolGrad: (inputs, attrs: AvgPoolGradAttrs) => {
    const x = input(inputs, 'input');
    const window = windowOf(x.shape, attrs);
    return toChannelsLast(maxPoolGradient(toChannelsFirst(x), toChannelsFirst(input(inputs, 'dy')), window));
  },
};
