import { backend_util } from '@tensorflow/tfjs-core';
import type {
  Conv2DAttrs,
  Conv2DBackpropFilterAttrs,
  Conv2DBackpropInputAttrs,
  DepthwiseConv2dNativeAttrs,
  DepthwiseConv2dNativeBackpropFilterAttrs,
  DepthwiseConv2dNativeBackpropInputAttrs,
  FusedConv2DAttrs,
  FusedDepthwiseConv2DAttrs,
} from '@tensorflow/tfjs-core';
import type { Value } from '../../graph/graph.js';
import * as g from '../../graph/ops.js';
import { conv, convFilterGradient, convInputGradient, type Window } from '../../graph/operators.js';
import { mapSizes } from '../../graph/sizes.js';
import { activate } from './activation.js';
import { toChannelsFirst, toChannelsLast, toOnnxFilter, toTfjsFilter } from './layout.js';
import { input, type Rules } from './rule.js';
import { onnxWindow } from './window.js';

type Shape4D = [number, number, number, number];
type Pad = Conv2DAttrs['pad'];

interface Geometry {
  strides: [number, number] | number;
  pad: Pad;
  dilations?: [number, number] | number;
  dimRoundingMode?: 'floor' | 'round' | 'ceil';
  dataFormat?: 'NHWC' | 'NCHW';
}

/** tfjs's own padding arithmetic, as an ONNX window. */
function windowOf(
  x: readonly number[],
  filter: readonly number[],
  { strides, pad, dilations = 1, dimRoundingMode, dataFormat = 'NHWC' }: Geometry,
  depthwise: boolean,
  positions?: readonly number[],
): Window {
  if (dataFormat !== 'NHWC') throw new Error(`A convolution in ${dataFormat} cannot be traced: use NHWC.`);
  const info = backend_util.computeConv2DInfo(
    x as Shape4D,
    filter as Shape4D,
    strides,
    dilations,
    pad as 'same',
    dimRoundingMode,
    depthwise,
  );
  return onnxWindow(info, depthwise ? info.inChannels : 1, positions);
}

/** A depthwise filter [kh, kw, c, multiplier] as ONNX's grouped one, [c * multiplier, 1, kh, kw]. */
const toGroupedFilter = (w: Value): Value => {
  const [kh, kw, c, m] = w.shape as Shape4D;
  return g.reshape(
    g.transpose(w, [2, 3, 0, 1]),
    mapSizes(w.shapes, () => [c * m, 1, kh, kw]),
  );
};

const positions = (dy: Value): readonly number[] => dy.shape.slice(1, 3);

const channelsFirst = ([n, h, w, c]: readonly number[]) => [n!, c!, h!, w!];

/** A bias that Conv takes: one number a channel. */
const biasOf = (inputs: Readonly<Record<string, Value>>): Value | undefined => {
  const bias = inputs['bias'];
  return bias && bias.rank === 1 ? bias : undefined;
};

function fusedConvolution(
  inputs: Readonly<Record<string, Value>>,
  attrs: FusedConv2DAttrs | FusedDepthwiseConv2DAttrs,
  depthwise: boolean,
): Value {
  const x = input(inputs, 'x');
  const filter = input(inputs, 'filter');
  const window = windowOf(x.shape, filter.shape, attrs, depthwise);
  const bias = biasOf(inputs);
  const w = depthwise ? toGroupedFilter(filter) : toOnnxFilter(filter);
  const y = toChannelsLast(conv(toChannelsFirst(x), w, window, bias));
  const biased = inputs['bias'] && !bias ? g.add(y, inputs['bias']) : y;
  return activate(biased, attrs, inputs['preluActivationWeights']);
}

export const convolutions: Rules = {
  Conv2D: (inputs, attrs: Conv2DAttrs) => {
    const x = input(inputs, 'x');
    const filter = input(inputs, 'filter');
    const window = windowOf(x.shape, filter.shape, attrs, false);
    return toChannelsLast(conv(toChannelsFirst(x), toOnnxFilter(filter), window));
  },
  Conv2DBackpropInput: (inputs, attrs: Conv2DBackpropInputAttrs) => {
    const dy = input(inputs, 'dy');
    const filter = input(inputs, 'filter');
    const window = windowOf(attrs.inputShape, filter.shape, attrs, false, positions(dy));
    const dx = convInputGradient(toChannelsFirst(dy), toOnnxFilter(filter), window, [
      channelsFirst(attrs.inputShape),
    ]);
    return toChannelsLast(dx);
  },
  Conv2DBackpropFilter: (inputs, attrs: Conv2DBackpropFilterAttrs) => {
    const x = input(inputs, 'x');
    const [kh, kw, i, o] = attrs.filterShape;
    const dy = input(inputs, 'dy');
    const window = windowOf(x.shape, attrs.filterShape, attrs, false, positions(dy));
    return toTfjsFilter(convFilterGradient(toChannelsFirst(x), toChannelsFirst(dy), window, [o, i, kh, kw]));
  },
  FusedConv2D: (inputs, attrs: FusedConv2DAttrs) => fusedConvolution(inputs, attrs, false),
  FusedDepthwiseConv2D: (inputs, attrs: FusedDepthwiseConv2DAttrs) => fusedConvolution(inputs, attrs, true),
  DepthwiseConv2dNative: (inputs, attrs: DepthwiseConv2dNativeAttrs) => {
    const x = input(inputs, 'x');
    const filter = input(inputs, 'filter');
    const window = windowOf(x.shape, filter.shape, attrs, true);
    return toChannelsLast(conv(toChannelsFirst(x), toGroupedFilter(filter), window));
  },
  DepthwiseConv2dNativeBackpropInput: (inputs, attrs: DepthwiseConv2dNativeBackpropInputAttrs) => {
    const dy = input(inputs, 'dy');
    const filter = input(inputs, 'filter');
    const window = windowOf(attrs.inputShape, filter.shape, attrs, true, positions(dy));
    return toChannelsLast(
      convInputGradient(toChannelsFirst(dy), toGroupedFilter(filter), window, [
        channelsFirst(attrs.inputShape),
      ]),
    );
  },
  DepthwiseConv2dNativeBackpropFilter: (inputs, attrs: DepthwiseConv2dNativeBackpropFilterAttrs) => {
    const x = input(inputs, 'x');
    const [kh, kw, c, m] = attrs.filterShape;
    const dy = input(inputs, 'dy');
    const window = windowOf(x.shape, attrs.filterShape, attrs, true, positions(dy));
    const dw = convFilterGradient(toChannelsFirst(x), toChannelsFirst(dy), window, [c * m, 1, kh, kw]);
    return g.transpose(g.reshape(dw, [[c, m, kh, kw]]), [2, 3, 0, 1]);
  },
};
