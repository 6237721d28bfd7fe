import {
  backend_util,
  type AvgPool3DAttrs,
  type AvgPoolAttrs,
  type MaxPoolWithArgmaxAttrs,
} from '@tensorflow/tfjs-core';
import type { Value } from '../../graph/graph.js';
import {
  averagePoolGradient,
  maxPoolGradient,
  maxPoolWithIndices,
  pool,
  type Window,
} from '../../graph/operators.js';
import * as g from '../../graph/ops.js';
import { toChannelsFirst, toChannelsLast } from './layout.js';
import { input, type Rule, type Rules } from './rule.js';
import { imageAxes, onnxWindow, volumeAxes } from './window.js';

/** tfjs's own padding arithmetic for pools over images, as an ONNX window. */
function imageWindow(
  x: readonly number[],
  { filterSize, strides, pad, dimRoundingMode }: AvgPoolAttrs,
  positions?: readonly number[],
): Window {
  const shape = x as [number, number, number, number];
  const info = backend_util.computePool2DInfo(shape, filterSize, strides, 1, pad as 'same', dimRoundingMode);
  return onnxWindow(imageAxes(info), 1, positions);
}

/** The same for pools over volumes. */
function volumeWindow(
  x: readonly number[],
  { filterSize, strides, pad, dimRoundingMode }: Omit<AvgPool3DAttrs, 'dataFormat'>,
  positions?: readonly number[],
): Window {
  const shape = x as [number, number, number, number, number];
  const info = backend_util.computePool3DInfo(shape, filterSize, strides, 1, pad as 'same', dimRoundingMode);
  return onnxWindow(volumeAxes(info), 1, positions);
}

type WindowOf<Attrs> = (x: readonly number[], attrs: Attrs, positions?: readonly number[]) => Window;

const pooling =
  <Attrs extends object>(op: 'AveragePool' | 'MaxPool', windowOf: WindowOf<Attrs>): Rule =>
  (inputs, attrs) => {
    const x = input(inputs, 'x');
    return toChannelsLast(pool(op, toChannelsFirst(x), windowOf(x.shape, attrs as Attrs)));
  };

const averageGradient =
  <Attrs extends object>(windowOf: WindowOf<Attrs>): Rule =>
  (inputs, attrs) => {
    const x = input(inputs, 'input');
    const dy = input(inputs, 'dy');
    const window = windowOf(x.shape, attrs as Attrs, dy.shape.slice(1, -1));
    return toChannelsLast(averagePoolGradient(toChannelsFirst(dy), window, toChannelsFirst(x).shapes));
  };

const maximumGradient =
  <Attrs extends object>(windowOf: WindowOf<Attrs>): Rule =>
  (inputs, attrs) => {
    const x = input(inputs, 'input');
    const dy = input(inputs, 'dy');
    const window = windowOf(x.shape, attrs as Attrs, dy.shape.slice(1, -1));
    return toChannelsLast(maxPoolGradient(toChannelsFirst(x), toChannelsFirst(dy), window));
  };

export const poolings: Rules = {
  AvgPool: pooling('AveragePool', imageWindow),
  AvgPool3D: pooling('AveragePool', volumeWindow),
  AvgPoolGrad: averageGradient(imageWindow),
  AvgPool3DGrad: averageGradient(volumeWindow),
  MaxPool: pooling('MaxPool', imageWindow),
  MaxPool3D: pooling('MaxPool', volumeWindow),
  MaxPoolGrad: maximumGradient(imageWindow),
  MaxPool3DGrad: maximumGradient(volumeWindow),
  MaxPoolWithArgmax: (inputs, { includeBatchInIndex, ...attrs }: MaxPoolWithArgmaxAttrs) => {
    const x = input(inputs, 'x');
    const [largest, at] = maxPoolWithIndices(toChannelsFirst(x), imageWindow(x.shape, attrs));
    const indices = channelsLastIndices(toChannelsLast(at!), x.shape, includeBatchInIndex);
    return [toChannelsLast(largest!), indices];
  },
};

/** ONNX counts along [n, channels, height, width]; tfjs along [n, height, width, channels], from the batch or the image on. */
function channelsLastIndices(at: Value, x: readonly number[], includeBatch: boolean): Value {
  const [, height, width, channels] = x as [number, number, number, number];
  const integer = (value: number) => g.constant('int64', [], [value]);
  const image = g.div(at, integer(height * width));
  const pixel = g.sub(at, g.mul(image, integer(height * width)));
  const channel = g.constant('int64', [channels], [...Array(channels).keys()]);
  const within = g.add(g.mul(pixel, integer(channels)), channel);
  if (!includeBatch) return g.cast(within, 'int32');
  const sample = g.div(image, integer(channels));
  return g.cast(g.add(within, g.mul(sample, integer(height * width * channels))), 'int32');
}
