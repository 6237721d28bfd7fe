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
import { imageAxes, onnxWindow } from './window.js';

type Shape4D = [number, number, number, number];
type Pad = Conv2DAttrs['pad'];

interface Geometry {
  strides: [number, number] | number;
  pad: Pad;
  dilations?: [number, number] | number | null;
  dimRoundingMode?: 'floor' | 'round' | 'ceil';
  dataFormat?: 'NHWC' | 'NCHW';
}

/** tfjs's own padding arithmetic, as an ONNX window. */
function windowOf(
  x: readonly number[],
  filter: readonly number[],
  { strides, pad, dilations, dimRoundingMode, dataFormat = 'NHWC' }: Geometry,
  depthwise: boolean,
  positions?: readonly number[],
): Window {
  const info = backend_util.computeConv2DInfo(
    x as Shape4D,
    filter as Shape4D,
    strides,
    dilations ?? 1,
    pad as 'same',
    dimRoundingMode,
    depthwise,
    backend_util.convertConv2DDataFormat(dataFormat),
  );
  return onnxWindow(imageAxes(info), depthwise ? info.inChannels : 1, positions);
}

/** A depthwise filter [kh, kw, c, multiplier] as ONNX's grouped one, [c * multiplier, 1, kh, kw]. */
const toGroupedFilter = (w: Value): Value => {
  const [kh, kw, c, m] = w.shape as Shape4D;
  return g.reshape(
    g.transpose(w, [2, 3, 0, 1]),
    mapSizes(w.shapes, () => [c * m, 1, kh, kw]),
  );
};

/** Between the layout of a convolution's images and ONNX's. */
interface Layout {
  toOnnx(x: Value): Value;
  fromOnnx(x: Value): Value;
  /** Of a shape, as `toOnnx` of a value. */
  shape(shape: readonly number[]): readonly number[];
}

const NHWC: Layout = {
  toOnnx: toChannelsFirst,
  fromOnnx: toChannelsLast,
  shape: ([n, h, w, c]) => [n!, c!, h!, w!],
};
const NCHW: Layout = { toOnnx: (x) => x, fromOnnx: (x) => x, shape: (shape) => shape };
const layoutOf = ({ dataFormat }: Geometry): Layout => (dataFormat === 'NCHW' ? NCHW : NHWC);

/** Height and width. */
const positions = (dy: Value, { shape }: Layout = NHWC): readonly number[] => shape(dy.shape).slice(2);

/** A bias that Conv takes: one number a channel. */
const biasOf = (inputs: Readonly<Record<string, Value>>, channels: number): Value | undefined => {
  const bias = inputs['bias'];
  return bias && bias.rank === 1 && bias.shape[0] === channels ? bias : undefined;
};

/** Numbers a channel, where there are several, as they are broadcast to images of this layout. */
const alongChannels = (v: Value, { dataFormat }: Geometry): Value =>
  dataFormat === 'NCHW' && v.rank === 1 ? g.reshape(v, [[v.shape[0]!, 1, 1]]) : v;

function fusedConvolution(
  inputs: Readonly<Record<string, Value>>,
  attrs: FusedConv2DAttrs | FusedDepthwiseConv2DAttrs,
  depthwise: boolean,
): Value {
  const x = input(inputs, 'x');
  const filter = input(inputs, 'filter');
  const window = windowOf(x.shape, filter.shape, attrs, depthwise);
  const w = depthwise ? toGroupedFilter(filter) : toOnnxFilter(filter);
  const bias = biasOf(inputs, w.shape[0]!);
  const { toOnnx, fromOnnx } = layoutOf(attrs);
  const y = fromOnnx(conv(toOnnx(x), w, window, bias));
  const biased = inputs['bias'] && !bias ? g.add(y, inputs['bias']) : y;
  const alpha = inputs['preluActivationWeights'];
  return activate(biased, attrs, alpha && alongChannels(alpha, attrs));
}

export const convolutions: Rules = {
  Conv2D: (inputs, attrs: Conv2DAttrs) => {
    const x = input(inputs, 'x');
    const filter = input(inputs, 'filter');
    const window = windowOf(x.shape, filter.shape, attrs, false);
    const { toOnnx, fromOnnx } = layoutOf(attrs);
    return fromOnnx(conv(toOnnx(x), toOnnxFilter(filter), window));
  },
  Conv2DBackpropInput: (inputs, attrs: Conv2DBackpropInputAttrs) => {
    const dy = input(inputs, 'dy');
    const filter = input(inputs, 'filter');
    const layout = layoutOf(attrs);
    const window = windowOf(attrs.inputShape, filter.shape, attrs, false, positions(dy, layout));
    const dx = convInputGradient(layout.toOnnx(dy), toOnnxFilter(filter), window, [
      layout.shape(attrs.inputShape),
    ]);
    return layout.fromOnnx(dx);
  },
  Conv2DBackpropFilter: (inputs, attrs: Conv2DBackpropFilterAttrs) => {
    const x = input(inputs, 'x');
    const [kh, kw, i, o] = attrs.filterShape;
    const dy = input(inputs, 'dy');
    const layout = layoutOf(attrs);
    const window = windowOf(x.shape, attrs.filterShape, attrs, false, positions(dy, layout));
    return toTfjsFilter(convFilterGradient(layout.toOnnx(x), layout.toOnnx(dy), window, [o, i, kh, kw]));
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
      convInputGradient(toChannelsFirst(dy), toGroupedFilter(filter), window, [NHWC.shape(attrs.inputShape)]),
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
