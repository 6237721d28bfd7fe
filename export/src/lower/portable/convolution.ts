import type { Node, Value } from '../../graph/graph.js';
import * as g from '../../graph/ops.js';
import { conv, windowOf } from '../../graph/operators.js';
import { mapSizes, product, sameInts, type Sizes } from '../../graph/sizes.js';
import { fixedSize } from './fixed-size.js';

/** w [O, I/group, ...kernel] as [I, O/group, ...kernel]: what carries a gradient back from O channels to I. */
export function swapChannels(w: Value, group: number): Value {
  const [o, i, ...kernel] = w.shape as [number, number, ...number[]];
  const axes = kernel.map((_, axis) => axis);
  if (group === 1) return g.transpose(w, [1, 0, ...axes.map((axis) => axis + 2)]);
  const fixed = (shape: number[]): Sizes => w.shapes.map(() => shape);
  const grouped = g.transpose(g.reshape(w, fixed([group, o / group, i, ...kernel])), [
    0,
    2,
    1,
    ...axes.map((axis) => axis + 3),
  ]);
  return g.reshape(grouped, fixed([group * i, o / group, ...kernel]));
}

/** How many positions ConvTranspose would leave out at the end of each axis: those that no window reached. */
export function outputPadding(node: Node, dy: Value): number[] {
  const { kernel, strides, pads, dilations } = windowOf(node.attrs);
  const [padding, ...others] = node.output.shapes.map((size, w) =>
    kernel.map((k, i) => {
      const reached = (dy.shapes[w]![2 + i]! - 1) * strides[i]! + dilations[i]! * (k - 1) + 1;
      return size[2 + i]! - (reached - pads[i]! - pads[i + kernel.length]!);
    }),
  ) as [number[], ...number[][]];
  // Where the padding follows the size of the image, so does the operator's attribute.
  return others.every((other) => sameInts(other, padding)) ? padding : fixedSize(node.output, node);
}

/**
 * The gradient of a convolution with respect to its input. With stride 1 it is a convolution of dy with the flipped
 * filter; with a larger stride it is ONNX's ConvTranspose.
 */
export function convInputGradient(node: Node, [dy, w]: Value[]): Value[] {
  const window = windowOf(node.attrs);
  const { kernel, strides, pads, dilations, group } = window;
  const extent = kernel.map((k, i) => dilations[i]! * (k - 1));
  const flippedPads = pads.map((p, i) => extent[i % kernel.length]! - p);
  if (strides.every((s) => s === 1) && flippedPads.every((p) => p >= 0)) {
    const flipped = g.reverse(
      swapChannels(w!, group),
      kernel.map((_, i) => i + 2),
    );
    return [conv(dy!, flipped, { ...window, pads: flippedPads })];
  }
  const attrs = { ...node.attrs, output_padding: outputPadding(node, dy!) };
  return [g.emit('ConvTranspose', [dy!, w!], { dtype: dy!.dtype, shapes: node.output.shapes }, attrs)];
}

/** Every position in a box of this size, the last axis fastest. */
export const positionsIn = (size: readonly number[]): number[][] =>
  size.reduce<number[][]>(
    (heads, length) => heads.flatMap((head) => Array.from({ length }, (_, i) => [...head, i])),
    [[]],
  );

/**
 * The gradient of a convolution with respect to its filter: for every tap of the filter, the product of dy and of the
 * part of x that the tap saw, summed over the batch and the positions. With the channels of x last, what a tap saw is a
 * matrix as it lies; the taps of a row of the filter go side by side into one product.
 */
export function convFilterGradient(node: Node, [x, dy]: Value[]): Value[] {
  const { kernel, strides, pads, dilations, group } = windowOf(node.attrs);
  const axes = kernel.length;
  const [o, i] = node.output.shape as [number, number];
  const size = fixedSize(dy!, node);
  const positions = product(size);
  const groups = group === 1 ? [] : [group];
  const first = 1 + groups.length;
  const rows = g.reshape(
    dy!,
    mapSizes(dy!.shapes, (s) => [s[0]!, ...groups, o / group, positions]),
  );
  const padded = g.pad(
    x!,
    mapSizes(x!.shapes, () => [0, 0, ...pads.slice(0, axes), 0, 0, ...pads.slice(axes)]),
  );
  const grouped = g.reshape(
    padded,
    mapSizes(padded.shapes, (s) => [s[0]!, ...groups, i, ...s.slice(2)]),
  );
  const leading = Array.from({ length: first }, (_, axis) => axis);
  const channelsLast = g.transpose(grouped, [...leading, ...kernel.map((_, a) => first + 1 + a), first]);
  const none = leading.map(() => 0);
  const columnsOf = (tap: readonly number[]): Value => {
    const start = tap.map((t, axis) => t * dilations[axis]!);
    const seen = g.slice(
      channelsLast,
      mapSizes(channelsLast.shapes, () => [...none, ...start, 0]),
      mapSizes(channelsLast.shapes, (s) => [
        ...s.slice(0, first),
        ...start.map((at, axis) => at + (size[axis]! - 1) * strides[axis]! + 1),
        i,
      ]),
      [...leading.map(() => 1), ...strides, 1],
    );
    return g.reshape(
      seen,
      mapSizes(seen.shapes, (s) => [...s.slice(0, first), positions, i]),
    );
  };
  const width = kernel.at(-1)!;
  const products = positionsIn(kernel.slice(0, -1)).map((row) => {
    const columns = Array.from({ length: width }, (_, at) => columnsOf([...row, at]));
    return g.matMul(rows, g.concat(columns, first + 1));
  });
  // [group, o / group, ...kernel, i], the batch summed up.
  const summed = g.reduce('ReduceSum', g.concat(products, first + 1), [0], false);
  const stacked = g.reshape(
    summed,
    mapSizes(node.output.shapes, () => [o, ...kernel, i]),
  );
  return [g.transpose(stacked, [0, axes + 1, ...kernel.map((_, axis) => axis + 1)])];
}
