import { backend_util, type AvgPoolAttrs, type AvgPoolGradAttrs } from '@tensorflow/tfjs-core';
import { averagePoolGradient, maxPoolGradient, pool, type Window } from '../../graph/operators.js';
import { toChannelsFirst, toChannelsLast } from './layout.js';
import { input, type Rule, type Rules } from './rule.js';
import { onnxWindow } from './window.js';

function windowOf(
  x: readonly number[],
  { filterSize, strides, pad, dimRoundingMode }: AvgPoolAttrs,
  positions?: readonly number[],
): Window {
  const info = backend_util.computePool2DInfo(
    x as [number, number, number, number],
    filterSize,
    strides,
    1,
    pad as 'same',
    dimRoundingMode,
  );
  return onnxWindow(info, 1, positions);
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
    const x = input(inputs, 'input');
    const dy = input(inputs, 'dy');
    const window = windowOf(x.shape, attrs, dy.shape.slice(1, 3));
    return toChannelsLast(averagePoolGradient(toChannelsFirst(dy), window, toChannelsFirst(x).shapes));
  },
  MaxPoolGrad: (inputs, attrs: AvgPoolGradAttrs) => {
    const x = input(inputs, 'input');
    const dy = input(inputs, 'dy');
    const window = windowOf(x.shape, attrs, dy.shape.slice(1, 3));
    return toChannelsLast(maxPoolGradient(toChannelsFirst(x), toChannelsFirst(dy), window));
  },
};
