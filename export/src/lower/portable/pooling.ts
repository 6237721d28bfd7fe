import type { Node, Value } from '../../graph/graph.js';
import * as g from '../../graph/ops.js';
import { resize, windowOf } from '../../graph/operators.js';
import { mapSizes, product } from '../../graph/sizes.js';
import { fixedSize } from './fixed-size.js';

/**
 * Spreads each dy evenly over its window, as a depthwise transposed convolution with ones. Windows that reach into
 * the padding divide by the elements that are really there.
 */
export function averagePoolGradient(node: Node, [dy]: Value[]): Value[] {
  const { kernel, strides, pads } = windowOf(node.attrs);
  const channels = node.output.shape[1]!;
  const [height, width] = fixedSize(node.output, node);
  const [rows, columns] = fixedSize(dy!, node);
  if (
    rows * strides[0] === height &&
    columns * strides[1] === width &&
    kernel.every((k, i) => k === strides[i])
  ) {
    // Windows that tile the image: every element takes an equal share of the one dy above it.
    const share = g.mul(dy!, g.scalar(1 / product(kernel), dy!));
    const nearest = { mode: 'nearest', alignCorners: false, halfPixelCenters: false } as const;
    const size = mapSizes(node.output.shapes, () => [height, width]);
    return [resize(share, size, nearest)];
  }
  const counts = dy!.shape.slice(2).map((length, i) => {
    const size = i === 0 ? height : width;
    return Array.from({ length }, (_, k) => {
      const start = k * strides[i]! - pads[i]!;
      return Math.min(start + kernel[i]!, size) - Math.max(start, 0);
    });
  });
  const share = counts[0]!.flatMap((rows) => counts[1]!.map((columns) => 1 / (rows * columns)));
  const shared = g.mul(
    dy!,
    g.constant('float32', [1, 1, counts[0]!.length, counts[1]!.length], share, dy!.shapes.length),
  );
  const ones = new Array<number>(channels * product(kernel)).fill(1);
  const outputPadding = [0, 1].map(
    (i) =>
      node.output.shape[2 + i]! -
      ((dy!.shape[2 + i]! - 1) * strides[i]! + kernel[i]! - pads[i]! - pads[i + 2]!),
  );
  return [
    g.emit(
      'ConvTranspose',
      [shared, g.constant('float32', [channels, 1, ...kernel], ones, dy!.shapes.length)],
      { dtype: dy!.dtype, shapes: node.output.shapes },
      { ...node.attrs, group: channels, output_padding: outputPadding },
    ),
  ];
}

/** Adds each dy at the place where MaxPool found the largest element of its window. */
export function maxPoolGradient(node: Node, [x, dy]: Value[]): Value[] {
  const [, where] = g.emitMany(
    'MaxPool',
    [x!],
    [
      { dtype: x!.dtype, shapes: dy!.shapes },
      { dtype: 'int64', shapes: dy!.shapes },
    ],
    node.attrs,
  );
  const flat = (v: Value) =>
    g.reshape(
      v,
      mapSizes(v.shapes, (s) => [product(s)]),
    );
  const zeros = g.expand(
    g.constant('float32', [], [0], x!.shapes.length),
    mapSizes(x!.shapes, (s) => [product(s)]),
  );
  const scattered = g.emit(
    'ScatterElements',
    [zeros, flat(where!), flat(dy!)],
    { dtype: x!.dtype, shapes: zeros.shapes },
    { axis: 0, reduction: 'add' },
  );
  return [g.reshape(scattered, x!.shapes)];
}
