import type { Node, Value } from '../../graph/graph.js';
import * as g from '../../graph/ops.js';
import { conv, windowOf } from '../../graph/operators.js';
import { mapSizes, product, sameInts, type Sizes } from '../../graph/sizes.js';
import { fixedSize } from './fixed-size.js';

/** w [O, I/group, ...kernel] as [I, O/group, ...kernel]: what carries a gradient back from O channels to I. */
function swapChannels(w: Value, group: number): Value {
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
const positionsIn = (size: readonly number[]): number[][] =>
  size.reduce<number[][]>(
    (heads, length) => heads.flatMap((head) => Array.from({ length }, (_, i) => [...head, i])),
    [[]],
  );

/**
 * The gradient of a convolution with respect to its filter: for every tap of the filter, the product of dy and of the
 * part of x that the tap saw, summed over the batch and the positions.
 */
export function convFilterGradient(node: Node, [x, dy]: Value[]): Value[] {
  const { kernel, strides, pads, dilations, group } = windowOf(node.attrs);
  const axes = kernel.length;
  const padded = g.pad(
    x!,
    mapSizes(x!.shapes, () => [0, 0, ...pads.slice(0, axes), 0, 0, ...pads.slice(axes)]),
  );
  const [o, i] = node.output.shape as [number, number];
  const size = fixedSize(dy!, node);
  const positions = product(size);
  const rows = g.reshape(
    dy!,
    mapSizes(dy!.shapes, (s) => [s[0]!, group, o / group, positions]),
  );
  const taps = positionsIn(kernel).map((tap) => {
    const start = tap.map((t, axis) => t * dilations[axis]!);
    const seen = g.slice(
      padded,
      mapSizes(padded.shapes, () => [0, 0, ...start]),
      mapSizes(padded.shapes, (s) => [
        s[0]!,
        s[1]!,
        ...start.map((at, axis) => at + (size[axis]! - 1) * strides[axis]! + 1),
      ]),
      [1, 1, ...strides],
    );
    const columns = g.transpose(
      g.reshape(
        seen,
        mapSizes(seen.shapes, (s) => [s[0]!, group, i, positions]),
      ),
      [0, 1, 3, 2],
    );
    return g.reduce('ReduceSum', g.matMul(rows, columns), [0], false);
  });
  const stacked = g.reshape(
    g.concat(taps, 0),
    mapSizes(node.output.shapes, () => [...kernel, o, i]),
  );
  if (product(kernel) === 1) return [g.reshape(stacked, node.output.shapes)];
  return [g.transpose(stacked, [axes, axes + 1, ...kernel.map((_, axis) => axis)])];
}
