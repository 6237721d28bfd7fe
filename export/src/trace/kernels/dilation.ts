import { backend_util, type Dilation2DAttrs } from '@tensorflow/tfjs-core';
import type { Value } from '../../graph/graph.js';
import { convInputGradient, type Window } from '../../graph/operators.js';
import * as g from '../../graph/ops.js';
import { product } from '../../graph/sizes.js';
import { channelsFirst, toChannelsFirst, toChannelsLast } from './layout.js';
import { input, type Inputs, type Rules } from './rule.js';
import { imageAxes, onnxWindow } from './window.js';

function windowOf(x: Value, filter: Value, { strides, pad, dilations }: Dilation2DAttrs): Window {
  const info = backend_util.computeDilation2DInfo(
    x.shape as [number, number, number, number],
    filter.shape as [number, number, number],
    strides,
    pad as 'same',
    'NHWC',
    dilations,
  );
  return onnxWindow(imageAxes(info), 1);
}

/** For every tap of the filter, row by row, what it adds up to at each position: each [n, height, width, channels]. */
function sums(x: Value, filter: Value, { kernel, strides, pads, dilations }: Window): Value[] {
  const [top, left, bottom, right] = pads as [number, number, number, number];
  // What lies outside is never the largest.
  const padded = g.pad(x, [[0, top, left, 0, 0, bottom, right, 0]], -Infinity);
  const [n, height, width, channels] = padded.shape as [number, number, number, number];
  const [kh, kw] = kernel as [number, number];
  const end = (size: number, axis: 0 | 1) => size - dilations[axis]! * (kernel[axis]! - 1);
  return Array.from({ length: kh * kw }, (_, tap) => {
    const [row, column] = [Math.floor(tap / kw) * dilations[0]!, (tap % kw) * dilations[1]!];
    const seen = g.slice(
      padded,
      [[0, row, column, 0]],
      [[n, row + end(height, 0), column + end(width, 1), channels]],
      [1, strides[0]!, strides[1]!, 1],
    );
    const weight = g.slice(g.reshape(filter, [[kh * kw, channels]]), [[tap, 0]], [[tap + 1, channels]]);
    return g.add(seen, weight);
  });
}

/** dy where a tap's sum is the largest, the first where several are, and 0 elsewhere: [...dy's shape, taps]. */
function shares(inputs: Inputs, window: Window): Value {
  const dy = input(inputs, 'dy');
  const all = sums(input(inputs, 'x'), input(inputs, 'filter'), window);
  const stacked = g.concat(
    all.map((sum) => g.reshape(sum, [[...sum.shape, 1]])),
    4,
  );
  const taps = g.constant('int64', [all.length], [...all.keys()]);
  const largest = g.argReduce('ArgMax', stacked, 4);
  const isLargest = g.compare('Equal', g.reshape(largest, [[...dy.shape, 1]]), taps);
  return g.where(isLargest, g.reshape(dy, [[...dy.shape, 1]]), g.constant('float32', [], [0]));
}

export const dilations: Rules = {
  Dilation2D: (inputs, attrs: Dilation2DAttrs) => {
    const x = input(inputs, 'x');
    const filter = input(inputs, 'filter');
    // What tfjs starts from, should nothing be larger.
    const least = g.constant('float32', [], [Number.MIN_SAFE_INTEGER]);
    return sums(x, filter, windowOf(x, filter, attrs)).reduce((a, b) => g.binary('Max', a, b), least);
  },
  Dilation2DBackpropInput: (inputs, attrs: Dilation2DAttrs) => {
    const x = input(inputs, 'x');
    const filter = input(inputs, 'filter');
    const window = windowOf(x, filter, attrs);
    const [n, height, width, channels] = input(inputs, 'dy').shape as [number, number, number, number];
    const taps = product(window.kernel);
    const byTap = g.reshape(shares(inputs, window), [[n, height, width, channels * taps]]);
    // Each share goes where its tap looked: a transposed convolution with a filter of one tap a channel.
    const places = Array.from({ length: taps * taps }, (_, i) => (i % (taps + 1) === 0 ? 1 : 0));
    const one = g.reshape(g.constant('float32', [taps, taps], places), [[1, taps, 1, ...window.kernel]]);
    const each = g.expand(one, [[channels, taps, 1, ...window.kernel]]);
    const oneHot = g.reshape(each, [[channels * taps, 1, ...window.kernel]]);
    const grouped = { ...window, group: channels };
    return toChannelsLast(
      convInputGradient(toChannelsFirst(byTap), oneHot, grouped, [channelsFirst(x.shape)]),
    );
  },
  Dilation2DBackpropFilter: (inputs, attrs: Dilation2DAttrs) => {
    const filter = input(inputs, 'filter');
    const window = windowOf(input(inputs, 'x'), filter, attrs);
    const byChannel = g.reduce('ReduceSum', shares(inputs, window), [0, 1, 2], false);
    return g.reshape(g.transpose(byChannel, [1, 0]), [filter.shape]);
  },
};
