import type { Node, Value } from '../../graph/graph.js';
import * as g from '../../graph/ops.js';
import { conv, windowOf, type Window } from '../../graph/operators.js';
import { mapSizes, product, sameInts, type Sizes } from '../../graph/sizes.js';
import { fixedSize } from './fixed-size.js';

/** w [O, I/group, kh, kw] as [I, O/group, kh, kw]: what carries a gradient back from O channels to I. */
function swapChannels(w: Value, group: number): Value {
  const [o, i, kh, kw] = w.shape as [number, number, number, number];
  if (group === 1) return g.transpose(w, [1, 0, 2, 3]);
  const fixed = (shape: number[]): Sizes => w.shapes.map(() => shape);
  const grouped = g.transpose(g.reshape(w, fixed([group, o / group, i, kh, kw])), [0, 2, 1, 3, 4]);
  return g.reshape(grouped, fixed([group * i, o / group, kh, kw]));
}

/**
 * The gradient of a convolution with respect to its input. With stride 1 it is a convolution of dy with the flipped
 * filter; with a larger stride it is ONNX's ConvTranspose.
 */
export function convInputGradient(node: Node, [dy, w]: Value[]): Value[] {
  const window = windowOf(node.attrs);
  const { kernel, strides, pads, dilations, group } = window;
  const extent = kernel.map((k, i) => dilations[i]! * (k - 1));
  const flippedPads = [0, 1, 2, 3].map((i) => extent[i % 2]! - pads[i]!) as unknown as Window['pads'];
  if (strides.every((s) => s === 1) && flippedPads.every((p) => p >= 0)) {
    const flipped = g.reverse(swapChannels(w!, group), [2, 3]);
    return [conv(dy!, flipped, { ...window, pads: flippedPads })];
  }
  const [padding, ...others] = node.output.shapes.map((size, w) =>
    [0, 1].map(
      (i) =>
        size[2 + i]! -
        ((dy!.shapes[w]![2 + i]! - 1) * strides[i]! + extent[i]! + 1 - pads[i]! - pads[i + 2]!),
    ),
  ) as [number[], ...number[][]];
  // Where the padding follows the size of the image, so does the operator's attribute.
  const outputPadding = others.every((other) => sameInts(other, padding))
    ? padding
    : fixedSize(node.output, node);
  const attrs = { ...node.attrs, output_padding: outputPadding };
  return [g.emit('ConvTranspose', [dy!, w!], { dtype: dy!.dtype, shapes: node.output.shapes }, attrs)];
}

/**
 * The gradient of a convolution with respect to its filter: for every tap of the filter, the product of dy and of the
 * part of x that the tap saw, summed over the batch and the positions.
 */
export function convFilterGradient(node: Node, [x, dy]: Value[]): Value[] {
  const { kernel, strides, pads, dilations, group } = windowOf(node.attrs);
  const [top, left, bottom, right] = pads;
  const padded = g.pad(
    x!,
    mapSizes(x!.shapes, () => [0, 0, top, left, 0, 0, bottom, right]),
  );
  const [o, i] = node.output.shape as [number, number];
  const [height, width] = fixedSize(dy!, node);
  const positions = height * width;
  const rows = g.reshape(
    dy!,
    mapSizes(dy!.shapes, (s) => [s[0]!, group, o / group, positions]),
  );
  const taps: Value[] = [];
  for (let kh = 0; kh < kernel[0]; kh++) {
    for (let kw = 0; kw < kernel[1]; kw++) {
      const start = [kh * dilations[0], kw * dilations[1]] as const;
      const seen = g.slice(
        padded,
        mapSizes(padded.shapes, () => [0, 0, ...start]),
        mapSizes(padded.shapes, (s) => [
          s[0]!,
          s[1]!,
          start[0] + (height - 1) * strides[0] + 1,
          start[1] + (width - 1) * strides[1] + 1,
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
      taps.push(g.reduce('ReduceSum', g.matMul(rows, columns), [0], false));
    }
  }
  const stacked = g.reshape(
    g.concat(taps, 0),
    mapSizes(node.output.shapes, () => [...kernel, o, i]),
  );
  if (product(kernel) === 1) return [g.reshape(stacked, node.output.shapes)];
  return [g.transpose(stacked, [2, 3, 0, 1])];
}
