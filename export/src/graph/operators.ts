/**
 * The operators beyond ONNX's own, all channels-first, that kernels record and every lowering has a rule for. They
 * keep what a gradient *is* in one node, so that each target can choose its own form.
 */
import type { Node, Value } from './graph.js';
import { emit, emitMany, repeat } from './ops.js';
import type { Sizes } from './sizes.js';

/**
 * A window that slides over the spatial axes. `pads` is every axis's width before, then every axis's width after, as in
 * ONNX.
 */
export interface Window {
  readonly kernel: readonly number[];
  readonly strides: readonly number[];
  readonly pads: readonly number[];
  readonly dilations: readonly number[];
  readonly group: number;
}

/** A window over the two spatial axes of images. */
export interface ImageWindow extends Window {
  readonly kernel: readonly [number, number];
  readonly strides: readonly [number, number];
  readonly pads: readonly [number, number, number, number];
  readonly dilations: readonly [number, number];
}

const attributes = (window: Window) => ({
  kernel_shape: [...window.kernel],
  strides: [...window.strides],
  pads: [...window.pads],
  dilations: [...window.dilations],
  group: window.group,
});

/** Each channel is pooled by itself: ONNX's pools have no groups. */
const poolAttributes = (window: Window) => {
  const { group: _group, ...rest } = attributes(window);
  return rest;
};

/** Reads a window back from a node's attributes. */
export function windowOf(attrs: Readonly<Record<string, unknown>>): Window {
  return {
    kernel: attrs['kernel_shape'] as number[],
    strides: attrs['strides'] as number[],
    pads: attrs['pads'] as number[],
    dilations: attrs['dilations'] as number[],
    group: attrs['group'] as number,
  };
}

/** Reads the window of a node over images back. */
export const imageWindowOf = (attrs: Readonly<Record<string, unknown>>): ImageWindow =>
  windowOf(attrs) as ImageWindow;

const windowed = (s: readonly number[], { kernel, strides, pads, dilations }: Window): number[] =>
  kernel.map((k, i) =>
    Math.floor(
      (s[2 + i]! + pads[i]! + pads[i + kernel.length]! - (dilations[i]! * (k - 1) + 1)) / strides[i]! + 1,
    ),
  );

/** ONNX Conv: x [N, I, ...size], w [O, I/group, ...kernel]. */
export const conv = (x: Value, w: Value, window: Window, bias?: Value): Value =>
  emit(
    'Conv',
    bias ? [x, w, bias] : [x, w],
    { dtype: x.dtype, shapes: x.shapes.map((s) => [s[0]!, w.shape[0]!, ...windowed(s, window)]) },
    attributes(window),
  );

/** d/dx of `conv(x, w)` for a gradient dy [N, O, ...positions]; `shapes` are x's. */
export const convInputGradient = (dy: Value, w: Value, window: Window, shapes: Sizes): Value =>
  emit('ConvInputGradient', [dy, w], { dtype: dy.dtype, shapes }, attributes(window), { shape: shapes });

/** d/dw of `conv(x, w)` for a gradient dy [N, O, ...positions]; `shape` is w's. */
export const convFilterGradient = (x: Value, dy: Value, window: Window, shape: readonly number[]): Value =>
  emit(
    'ConvFilterGradient',
    [x, dy],
    { dtype: x.dtype, shapes: x.shapes.map(() => shape) },
    attributes(window),
  );

/** ONNX AveragePool (padding not counted) and MaxPool. */
export const pool = (op: 'AveragePool' | 'MaxPool', x: Value, window: Window): Value =>
  emit(
    op,
    [x],
    { dtype: x.dtype, shapes: x.shapes.map((s) => [s[0]!, s[1]!, ...windowed(s, window)]) },
    poolAttributes(window),
  );

/** ONNX MaxPool, and where in x, flattened, each largest element is: int64. */
export function maxPoolWithIndices(x: Value, window: Window): Value[] {
  const shapes = x.shapes.map((s) => [s[0]!, s[1]!, ...windowed(s, window)]);
  return emitMany(
    'MaxPool',
    [x],
    [
      { dtype: x.dtype, shapes },
      { dtype: 'int64', shapes },
    ],
    poolAttributes(window),
  );
}

/** d/dx of `pool('AveragePool', x)`; `shapes` are x's. */
export const averagePoolGradient = (dy: Value, window: Window, shapes: Sizes): Value =>
  emit('AveragePoolGradient', [dy], { dtype: dy.dtype, shapes }, poolAttributes(window), { shape: shapes });

/** d/dx of `pool('MaxPool', x)`: each dy goes to the first largest element of its window. */
export const maxPoolGradient = (x: Value, dy: Value, window: Window): Value =>
  emit('MaxPoolGradient', [x, dy], { dtype: x.dtype, shapes: x.shapes }, poolAttributes(window));

/** One image of a `channelAffine`, and the number of each channel (and sample) that it is multiplied by, if any. */
export interface ChannelTerm {
  readonly base: Value;
  /** [N or 1, C or 1, 1, 1], or rank 0. */
  readonly factor?: Value;
}

/** The sum of images [N, C, H, W] times a number a channel, and of another number a channel. */
export function channelAffine(terms: readonly ChannelTerm[], offset?: Value): Value {
  const [{ base }] = terms as [ChannelTerm];
  const factors = terms.map(({ factor }) => factor);
  return emit(
    'ChannelAffine',
    [...terms.map(({ base }) => base), ...[...factors, offset].filter((v) => v !== undefined)],
    base,
    { factors: factors.map((factor) => (factor ? 1 : 0)), offset: offset ? 1 : 0 },
  );
}

/** Reads the terms of a `channelAffine` back, `inputs` being its node's or those in their place. */
export function channelAffineOf(
  { attrs }: Node,
  inputs: readonly Value[],
): { terms: ChannelTerm[]; offset?: Value } {
  const factors = attrs['factors'] as readonly number[];
  const rest = inputs.slice(factors.length);
  const terms = factors.map((has, i) =>
    has ? { base: inputs[i]!, factor: rest.shift()! } : { base: inputs[i]! },
  );
  return attrs['offset'] === 1 ? { terms, offset: rest[0]! } : { terms };
}

/**
 * The variance of images [N, C, H, W] over each of `groups` groups of channels, [N, groups, 1, 1, 1]; with an `offset`, a
 * number a channel, that of the images plus the offset.
 */
export const groupVariance = (image: Value, groups: number, offset?: Value): Value =>
  emit(
    'GroupVariance',
    offset ? [image, offset] : [image],
    { dtype: image.dtype, shapes: image.shapes.map(([n]) => [n!, groups, 1, 1, 1]) },
    { groups },
  );

/** How a resize maps output pixels to input pixels, as tfjs has it. */
export interface Resizing {
  readonly mode: 'nearest' | 'linear';
  readonly alignCorners: boolean;
  readonly halfPixelCenters: boolean;
}

/** Resizes the two spatial axes of x [N, C, H, W] to `size`. */
export const resize = (x: Value, size: Sizes, how: Resizing): Value =>
  emit(
    'ResizeSpatial',
    [x],
    { dtype: x.dtype, shapes: x.shapes.map((s, w) => [s[0]!, s[1]!, ...size[w]!]) },
    { ...how },
    { size },
  );

/** d/dx of `resize(x)`; `inputSize` is x's height and width. */
export const resizeGradient = (dy: Value, inputSize: Sizes, how: Resizing): Value =>
  emit(
    'ResizeSpatialGradient',
    [dy],
    { dtype: dy.dtype, shapes: dy.shapes.map((s, w) => [s[0]!, s[1]!, ...inputSize[w]!]) },
    { ...how },
    { size: inputSize },
  );

/** Sums the rows of x [n, d] that share a segment id: [n, d] and int32 [n] to [segments, d]. */
export const segmentSum = (x: Value, ids: Value, segments: number): Value =>
  emit(
    'SegmentSum',
    [x, ids],
    { dtype: x.dtype, shapes: x.shapes.map((s) => [segments, ...s.slice(1)]) },
    { segments },
  );

/** Products of all numbers along an axis up to each, or with `reverse` from each on. */
export const cumulativeProduct = (x: Value, axis: number, reverse: boolean): Value =>
  emit('CumulativeProduct', [x], x, { axis, reverse: reverse ? 1 : 0 });

/** Complex numbers; without `imag`, real ones. */
export interface Parts {
  readonly real: Value;
  readonly imag?: Value;
}

/**
 * The discrete Fourier transform along the last axis, of rank 2 or more: sum_j x_j e^(-2 pi i jk / n), or with `inverse`
 * sum_j x_j e^(2 pi i jk / n) / n.
 */
export function fourierTransform({ real, imag }: Parts, inverse: boolean): Required<Parts> {
  const inputs = imag ? [real, imag] : [real];
  const made = emitMany('FourierTransform', inputs, [real, real], { inverse: inverse ? 1 : 0 });
  return { real: made[0]!, imag: made[1]! };
}

/** How the boxes that are chosen keep others from being chosen, as tfjs has it. */
export interface Suppression {
  /** Boxes that overlap a chosen one by this much are not chosen. */
  readonly iouThreshold: number;
  /** Only boxes with a larger score are chosen. */
  readonly scoreThreshold: number;
  /** Above 0, chosen boxes also lower the scores of those that they overlap by less. */
  readonly softNmsSigma: number;
}

/**
 * Chooses boxes [n, 4] by falling scores [n], at most `limit` of them: their indices, int32, and scores, both of as
 * many as there are, `found`.
 */
export const chooseBoxes = (
  boxes: Value,
  scores: Value,
  limit: number,
  found: Sizes,
  how: Suppression,
): Value[] =>
  emitMany(
    'ChooseBoxes',
    [boxes, scores],
    [
      { dtype: 'int32', shapes: found },
      { dtype: 'float32', shapes: found },
    ],
    { ...how },
    { limit: repeat([limit], boxes.shapes.length) },
  );
