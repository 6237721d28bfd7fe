import * as tf from '@tensorflow/tfjs';
import { line, type Line, type Examples } from '../example.js';
import { floats } from '../parity.js';

type Pad =
  'same' | 'valid' | number | [[number, number], [number, number], [number, number], [number, number]];
type Pair = [number, number];

interface Setting {
  readonly stride?: number | Pair;
  readonly pad?: Pad;
  readonly kernel?: Pair;
  readonly dilation?: number | Pair;
  readonly size?: Pair;
  readonly rounding?: 'floor' | 'round' | 'ceil';
}

/** Every way in which a window can lie on an image. */
const SETTINGS: readonly Setting[] = [
  {},
  { kernel: [1, 1] },
  { pad: 'valid' },
  { kernel: [2, 5] },
  { kernel: [2, 2], pad: 'valid' },
  { stride: 2 },
  { stride: 2, pad: 'valid', size: [8, 5] },
  { stride: 3, size: [10, 8] },
  { stride: 3, kernel: [2, 2], pad: 'valid', size: [9, 8] },
  { stride: 2, kernel: [1, 1] },
  { stride: [1, 2] },
  { stride: [3, 1], kernel: [4, 3], size: [11, 5] },
  { pad: 2 },
  { stride: 2, pad: 1, size: [7, 9] },
  { pad: [[0, 0], [0, 2], [1, 0], [0, 0]] }, // prettier-ignore
  { pad: [[0, 0], [2, 1], [0, 3], [0, 0]], stride: 2, size: [7, 8] }, // prettier-ignore
];
export const CEIL: readonly Setting[] = [
  { stride: 2, pad: 1, size: [6, 8], rounding: 'ceil' },
  { stride: 3, pad: 0, size: [7, 8], kernel: [2, 2], rounding: 'ceil' },
];
const DILATED: readonly Setting[] = [
  { dilation: 2 },
  { dilation: [1, 3], pad: 'valid', size: [6, 9] },
  { dilation: 2, kernel: [2, 3], pad: 2 },
];

type Conv = (
  x: tf.Tensor4D,
  w: tf.Tensor4D,
  setting: Required<Omit<Setting, 'rounding'>> & Setting,
) => tf.Tensor;

const windows = (f: Conv, settings: readonly Setting[], depthwise = false, gradient?: string): Line[] =>
  settings.map((setting) => {
    const full = {
      stride: 1,
      pad: 'same' as const,
      kernel: [3, 3] as Pair,
      dilation: 1,
      size: [6, 5] as Pair,
      ...setting,
    };
    return line(
      { x: floats(['batch', ...full.size, 2]), w: floats([...full.kernel, 2, depthwise ? 2 : 3], -1, 1) },
      ({ x, w }) => f(x, w, full),
      { within: 2e-6, ...(gradient !== undefined && { gradient }) },
    );
  });

const conv2d: Conv = (x, w, { stride, pad, dilation, rounding }) =>
  tf.conv2d(x, w, stride, pad, 'NHWC', dilation, rounding);

const depthwise: Conv = (x, w, { stride, pad, dilation, rounding }) =>
  tf.depthwiseConv2d(x, w, stride, pad as 'same', 'NHWC', dilation, rounding);

const ofInput =
  (f: Conv): Conv =>
  (x, w, s) =>
    tf.grad((x) => tf.sum(tf.square(f(x as tf.Tensor4D, w, s))))(x);
const ofFilter =
  (f: Conv): Conv =>
  (x, w, s) =>
    tf.grad((w) => tf.sum(tf.square(f(x, w as tf.Tensor4D, s))))(w);

/** The same on images whose channels come first. */
const channelsFirst =
  (f: Conv): Conv =>
  (x, w, s) =>
    f(tf.transpose(x, [0, 3, 1, 2]), w, s);
const conv2dChannelsFirst: Conv = (x, w, { stride, pad }) => {
  const moved = Array.isArray(pad) ? [pad[0], pad[3], pad[1], pad[2]] : pad;
  return tf.conv2d(x, w, stride, moved as 'same', 'NCHW');
};

const NO_SECOND = 'tfjs has no gradient of a gradient here';
const ROUNDING = "tfjs's gradient loses the rounding mode; see the adjoints below";
const FIRST = 'its parts are beside it';
const UNDILATED = 'tfjs has gradients of undilated convolutions only';

const image = { x: floats(['batch', 6, 5, 2]), w: floats([3, 3, 2, 3], -1, 1), bias: floats([3]) };
const deep = { x: floats(['batch', 6, 5, 2]), w: floats([3, 3, 2, 2], -1, 1), bias: floats([4]) };
const ACTIVATIONS = ['linear', 'relu', 'relu6', 'elu', 'sigmoid', 'leakyrelu'] as const;

export const convolutions: Examples = {
  Conv2D: [
    ...windows(conv2d, SETTINGS),
    ...windows(conv2d, CEIL, false, ROUNDING),
    ...windows(conv2d, DILATED, false, UNDILATED),
    ...windows(channelsFirst(conv2dChannelsFirst), SETTINGS, false, FIRST),
    line({ x: floats(['batch', 9, 2]), w: floats([3, 2, 4]) }, ({ x, w }) =>
      tf.conv1d(x as never, w as never, 2, 'same'),
    ),
  ],
  Conv2DBackpropInput: [
    ...windows(ofInput(conv2d), SETTINGS, false, NO_SECOND),
    ...windows(channelsFirst(ofInput(conv2dChannelsFirst)), SETTINGS, false, NO_SECOND),
    ...(['same', 'valid', 0] as const).flatMap((pad) =>
      [1, 2, 3].map((stride) =>
        line({ y: floats(['batch', 4, 3, 3]), w: floats([3, 3, 2, 3]) }, ({ y, w }) => {
          const length = (n: number) => (pad === 'same' ? n * stride : (n - 1) * stride + 3);
          return tf.conv2dTranspose(y, w, [y.shape[0], length(4), length(3), 2], stride, pad);
        }),
      ),
    ),
  ],
  Conv2DBackpropFilter: [
    ...windows(ofFilter(conv2d), SETTINGS, false, NO_SECOND),
    ...windows(channelsFirst(ofFilter(conv2dChannelsFirst)), SETTINGS, false, NO_SECOND),
  ],
  FusedConv2D: [
    ...windows(
      (x, w, { stride, pad, dilation, rounding }) =>
        tf.fused.conv2d({
          x,
          filter: w,
          strides: stride,
          pad,
          dilations: dilation,
          ...(rounding && { dimRoundingMode: rounding }),
        }),
      SETTINGS.slice(0, 8),
    ),
    ...ACTIVATIONS.map((activation) =>
      line(
        image,
        ({ x, w, bias }) =>
          tf.fused.conv2d({ x, filter: w, strides: 1, pad: 'same', bias, activation, leakyreluAlpha: 0.3 }),
        { within: 2e-6 },
      ),
    ),
    line(
      { ...image, alpha: floats([3]) },
      ({ x, w, bias, alpha }) =>
        tf.fused.conv2d({
          x,
          filter: w,
          strides: 2,
          pad: 'same',
          bias,
          activation: 'prelu',
          preluActivationWeights: alpha,
        }),
      { within: 2e-6, gradient: 'tfjs has none for a fused prelu' },
    ),
    ...[1, 3].map((numbers) =>
      line(
        { ...image, bias: floats([numbers]), alpha: floats([numbers]) },
        ({ x, w, bias, alpha }) =>
          tf.fused.conv2d({
            x: tf.transpose(x, [0, 3, 1, 2]),
            filter: w,
            strides: 1,
            pad: 'same',
            dataFormat: 'NCHW',
            bias,
            activation: 'prelu',
            preluActivationWeights: alpha,
          }),
        { within: 2e-6, gradient: 'tfjs has none for a fused prelu' },
      ),
    ),
  ],
  DepthwiseConv2dNative: [
    ...windows(depthwise, SETTINGS, true),
    ...windows(depthwise, CEIL, true, ROUNDING),
    ...windows(depthwise, DILATED, true, UNDILATED),
  ],
  DepthwiseConv2dNativeBackpropInput: windows(ofInput(depthwise), SETTINGS, true, NO_SECOND),
  DepthwiseConv2dNativeBackpropFilter: windows(ofFilter(depthwise), SETTINGS, true, NO_SECOND),
  FusedDepthwiseConv2D: [
    ...windows(
      (x, w, { stride, pad }) =>
        tf.fused.depthwiseConv2d({ x, filter: w, strides: stride, pad: pad as 'same' }),
      SETTINGS.slice(0, 8),
      true,
    ),
    ...ACTIVATIONS.map((activation) =>
      line(
        deep,
        ({ x, w, bias }) =>
          tf.fused.depthwiseConv2d({
            x,
            filter: w,
            strides: 1,
            pad: 'same',
            bias,
            activation,
            leakyreluAlpha: 0.3,
          }),
        { within: 2e-6 },
      ),
    ),
  ],
};
