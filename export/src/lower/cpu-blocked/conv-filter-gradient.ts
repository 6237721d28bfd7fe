import type { Value } from '../../graph/graph.js';
import * as g from '../../graph/ops.js';
import { imageWindowOf, type ImageWindow } from '../../graph/operators.js';
import { isFixed, mapSizes } from '../../graph/sizes.js';
import type { LoweringRule } from '../lower.js';
import { emitBlocked, fromBlocked, plainWindow, toBlocked, windowAttributes } from './blocked.js';

/** What has the role of the filter is taken in parts of at most this many bytes, so that it stays in the cache. */
const CACHE = 1.7e6;

/** Bytes of a sample of an image. */
const bytesOf = ({ shape: [, channels, rows, columns] }: Value): number => 4 * channels! * rows! * columns!;

/**
 * The filter's gradient as blocked convolutions, in which the samples take the channels' place: the input is x, the filter
 * is dY, and the taps of the gradient are the positions of its output.
 */
export const convFilterGradient =
  (block: number): LoweringRule =>
  (node, inputs) => {
    const [x, dy] = inputs as [Value, Value];
    const window = imageWindowOf(node.attrs);
    const { kernel, strides, pads, dilations, group } = window;
    if (!isFixed(x.shapes) || group !== 1 || dilations.some((d) => d !== 1)) return undefined;
    const [xFits, dyFits] = [x, dy].map(({ shape }) => shape[1]! % block === 0);
    const flipped = [0, 1, 2, 3].map((i) => kernel[i % 2]! - 1 - pads[i]!) as unknown as ImageWindow['pads'];
    const canSwap = xFits && strides.every((s) => s === 1) && flipped.every((pad) => pad >= 0);
    // The image with more channels is the better filter, whatever the size: it fills vectors better.
    if (canSwap && (!dyFits || x.shape[1]! > dy.shape[1]!))
      return [tapsLast(g.reverse(correlate(dy, x, { ...window, pads: flipped }, block), [2, 3]), kernel)];
    if (!dyFits) return undefined;
    return [g.transpose(tapsLast(correlate(x, dy, window, block), kernel), [1, 0, 2, 3])];
  };

/**
 * How `image`, shifted by each tap, correlates with `filter`: [image channels / side, filter channels, taps, taps, side],
 * with so many of the image's channels side by side.
 *
 * ONNX Runtime takes an input with fewer channels than a block as a plain one, [N, C, H, W], and a filter for it is
 * [O / block, C, kh, kw, block]. With less than a block of samples as C, the latter is the blocked filter with samples and
 * blocks of channels exchanged, and a blocked image is the former: blocks of its channels are N, and columns of channels a
 * row of W = columns * block numbers, of which the filter takes every `block`-th. So its first position along the row is
 * that of the first tap and channel, the next that of the second channel, and so on.
 */
function correlate(image: Value, filter: Value, { strides, pads }: ImageWindow, block: number): Value {
  const [top, left, bottom, right] = pads;
  const [batch, channels, height, width] = image.shape as [number, number, number, number];
  const [, filters, rows, columns] = filter.shape as [number, number, number, number];
  const side = channels % block === 0 ? block : 1;
  const groups = channels / side;

  // The convolution's own padding takes nothing above and below, but would take the columns beside it one at a time.
  const lines = reshape(side > 1 ? toBlocked(image) : image, [batch, groups, height, width * side]);
  const padded = g.pad(
    lines,
    mapSizes(lines.shapes, () => [0, 0, 0, left * side, 0, 0, 0, right * side]),
  );
  const parts = partsOf(batch, Math.max(1, Math.min(block - 1, Math.floor(CACHE / bytesOf(filter)))));
  const images = samplesSecond(padded, parts).map((part, i) =>
    reshape(part, [groups, parts[i]!, height, (left + width + right) * side]),
  );
  const kernels = samplesSecond(
    reshape(toBlocked(filter), [batch, filters / block, rows, columns * block]),
    parts,
  ).map((part, i) => reshape(part, [filters, parts[i]!, rows, columns]));

  // The window may end before the last row: stride 2 leaves one more tap than the filter has.
  const taps = [
    top + height + bottom - strides[0] * (rows - 1),
    left + width + right - strides[1] * (columns - 1),
  ] as const;
  const shapes = mapSizes(image.shapes, () => [groups, filters, taps[0], taps[1] * side]);
  const attrs = windowAttributes({
    ...plainWindow([rows, columns]),
    pads: [top, 0, bottom, 0],
    dilations: [strides[0], strides[1] * side],
  });
  // The running sum is the fourth operand, so the third, the bias, has to be there.
  const bias = g.constant('float32', [filters], new Float32Array(filters), image.shapes.length);
  let sum: Value | undefined;
  images.forEach((part, i) => {
    const operands = sum ? [part, kernels[i]!, bias, sum] : [part, kernels[i]!];
    sum = emitBlocked('Conv', operands, shapes, attrs);
  });
  return reshape(fromBlocked(sum!), [groups, filters, ...taps, side]);
}

/** What `correlate` gives as [image channels, filter channels, kh, kw]. */
function tapsLast(correlation: Value, kernel: readonly [number, number]): Value {
  const [groups, filters, height, width, side] = correlation.shape as [
    number,
    number,
    number,
    number,
    number,
  ];
  const channels = groups * side;
  const plain = reshape(g.transpose(correlation, [0, 4, 1, 2, 3]), [channels, filters, height, width]);
  return g.slice(
    plain,
    mapSizes(plain.shapes, () => [0, 0, 0, 0]),
    mapSizes(plain.shapes, () => [channels, filters, ...kernel]),
  );
}

/** [batch, groups, rows, numbers] as parts of so many samples each, [groups, samples, rows, numbers]. */
function samplesSecond(v: Value, parts: readonly number[]): Value[] {
  const split =
    parts.length === 1
      ? [v]
      : g.split(
          v,
          mapSizes(v.shapes, () => [...parts]),
          0,
        );
  return split.map((part) => g.transpose(part, [1, 0, 2, 3]));
}

/** A number as a sum of as few as there can be of at most `largest`, which differ by 1 at most. */
function partsOf(total: number, largest: number): number[] {
  const count = Math.ceil(total / largest);
  return Array.from(
    { length: count },
    (_, i) => Math.floor(((i + 1) * total) / count) - Math.floor((i * total) / count),
  );
}

const reshape = (v: Value, shape: readonly number[]): Value =>
  g.reshape(
    v,
    mapSizes(v.shapes, () => [...shape]),
  );
