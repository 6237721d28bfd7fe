import type { Value } from '../../graph/graph.js';
import * as g from '../../graph/ops.js';
import { imageWindowOf, type ImageWindow } from '../../graph/operators.js';
import { isFixed, mapSizes } from '../../graph/sizes.js';
import type { LoweringRule } from '../lower.js';
import { foldRows } from './fold-rows.js';
import { emitBlocked, fromBlocked, plainWindow, toBlocked, windowAttributes } from './blocked.js';

/** What has the role of the filter is taken in parts of at most this many bytes, so that it stays in the cache. */
const CACHE = 1.7e6;

/** Bytes of `block` samples of an image in the role of the filter: the least that is taken at once. */
const bytesOf = ({ shape: [, channels, rows, columns] }: Value, block: number): number =>
  4 * channels! * block * rows! * columns!;

/**
 * The filter's gradient as one blocked convolution, in which the batch takes the channels' place: the input is x with
 * batch and channels exchanged, the filter is dY, and the taps of the gradient are the positions of its output. Where the batch
 * lacks half a block, each image is taken as two strips of rows.
 */
export const convFilterGradient =
  (block: number): LoweringRule =>
  (node, inputs) => {
    const [x, dy] = inputs as [Value, Value];
    const window = imageWindowOf(node.attrs);
    const [batch, inChannels] = x.shape as [number, number];
    const outChannels = dy.shape[1]!;
    const { strides, dilations, group } = window;
    const fits = isFixed(x.shapes) && group === 1 && dilations.every((d) => d === 1);
    const unitStride = strides.every((s) => s === 1);
    if (!fits || !(outChannels % block === 0 || (unitStride && inChannels % block === 0))) return undefined;
    if (batch % block !== 0)
      return (2 * batch) % block === 0 && dy.shape[2]! > 1
        ? [foldRows(x, dy, window, node.output.shape, 2)]
        : undefined;
    if (unitStride && inChannels % block === 0 && (outChannels % block !== 0 || isBetter(x, dy, block))) {
      const { kernel, pads } = window;
      const flippedPads = [0, 1, 2, 3].map(
        (i) => kernel[i % 2]! - 1 - pads[i]!,
      ) as unknown as ImageWindow['pads'];
      if (flippedPads.every((p) => p >= 0)) {
        const taps = correlate(dy, x, { ...window, pads: flippedPads }, block);
        return [g.reverse(taps, [2, 3])];
      }
    }
    if (outChannels % block !== 0) return undefined;
    return [g.transpose(correlate(x, dy, window, block), [1, 0, 2, 3])];
  };

/** Which of two images should be the filter: one that fits into the cache; of such, the one with more channels, which fills vectors better. */
function isBetter(a: Value, b: Value, block: number): boolean {
  const [fits, otherFits] = [a, b].map((image) => bytesOf(image, block) <= CACHE);
  return fits === otherFits ? a.shape[1]! > b.shape[1]! : fits!;
}

/** [image channels, filter channels, kh, kw]: how `image`, shifted by each tap, correlates with `filter`. */
function correlate(
  image: Value,
  filter: Value,
  { kernel, strides, pads }: ImageWindow,
  block: number,
): Value {
  const [top, left, bottom, right] = pads;
  const [batch, channels, imageRows, imageColumns] = image.shape as [number, number, number, number];
  const [height, width] = [top + imageRows + bottom, left + imageColumns + right];
  const [, filters, rows, columns] = filter.shape as [number, number, number, number];
  const reshape = (v: Value, shape: number[]) =>
    g.reshape(
      v,
      mapSizes(v.shapes, () => shape),
    );

  const blocks = batch / block;
  const perPart = Math.max(1, Math.floor(CACHE / bytesOf(filter, block)));
  const together = [...Array(blocks).keys()]
    .map((i) => i + 1)
    .filter((m) => blocks % m === 0 && m <= perPart);
  const m = together.at(-1)!;
  const parts = blocks / m;
  const split = (v: Value, shape: number[]) =>
    (parts === 1
      ? [v]
      : g.split(
          v,
          mapSizes(v.shapes, () => Array<number>(parts).fill(1)),
          0,
        )
    ).map((part) => reshape(part, shape));

  // [batch, channels, h, w] -> [parts, channels, m, h, w, block]: `block` samples side by side, and padded as such, because
  // a row that is longer is padded faster.
  const flat = reshape(image, [blocks, block, channels * imageRows, imageColumns]);
  const beside = reshape(toBlocked(flat), [blocks * channels, imageRows, imageColumns * block]);
  const padded = g.pad(
    beside,
    mapSizes(beside.shapes, () => [0, top, left * block, 0, bottom, right * block]),
  );
  const images = split(
    g.transpose(reshape(padded, [parts, m, channels, height * width * block]), [0, 2, 1, 3]),
    [channels, m * block, height, width],
  );
  // [batch, filters, h, w] -> [parts, filters / block, m, h, w, block samples, block filters]: the samples go last, and
  // then change places with the filters, by reorders, which take half as long as a transpose that moves blocks so small.
  const pixels = (filters / block) * rows * columns;
  const samplesLast = toBlocked(reshape(toBlocked(filter), [blocks, block, pixels, block]));
  const filtersLast = toBlocked(reshape(samplesLast, [blocks * pixels, block, block, 1]));
  const kernels = split(
    g.transpose(
      reshape(filtersLast, [parts, m, filters / block, rows * columns * block * block]),
      [0, 2, 1, 3],
    ),
    [filters, m * block, rows, columns],
  );

  // The window may end before the last row: stride 2 leaves one more tap than the filter has.
  const taps = [height - strides[0] * (rows - 1), width - strides[1] * (columns - 1)] as const;
  const shapes = mapSizes(image.shapes, () => [channels, filters, ...taps]);
  const attrs = windowAttributes({ ...plainWindow([rows, columns]), dilations: strides });
  // The running sum is the fourth operand, so the third, the bias, has to be there.
  const bias = g.constant('float32', [filters], new Float32Array(filters), image.shapes.length);
  let sum: Value | undefined;
  images.forEach((part, i) => {
    const operands = sum ? [part, kernels[i]!, bias, sum] : [part, kernels[i]!];
    sum = emitBlocked('Conv', operands, shapes, attrs);
  });
  const plain = fromBlocked(sum!);
  return g.slice(
    plain,
    mapSizes(plain.shapes, () => [0, 0, 0, 0]),
    mapSizes(plain.shapes, () => [channels, filters, ...kernel]),
  );
}
