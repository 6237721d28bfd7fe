import type { Node, Value } from '../../graph/graph.js';
import * as g from '../../graph/ops.js';
import { maxPoolWithIndices, resize, windowOf } from '../../graph/operators.js';
import { mapSizes, product } from '../../graph/sizes.js';
import { outputPadding } from './convolution.js';
import { fixedSize } from './fixed-size.js';

/**
 * Spreads each dy evenly over its window, as a depthwise transposed convolution with ones. Windows that reach into
 * the padding divide by the elements that are really there.
 */
export function averagePoolGradient(node: Node, [dy]: Value[]): Value[] {
  const { kernel, strides, pads } = windowOf(node.attrs);
  const channels = node.output.shape[1]!;
  const size = fixedSize(node.output, node);
  const positions = fixedSize(dy!, node);
  const tiles = kernel.every((k, i) => k === strides[i] && positions[i]! * k === size[i]);
  if (tiles && kernel.length === 2) {
    // Windows that tile the image: every element takes an equal share of the one dy above it.
    const share = g.mul(dy!, g.scalar(1 / product(kernel), dy!));
    const nearest = { mode: 'nearest', alignCorners: false, halfPixelCenters: false } as const;
    const sizes = mapSizes(node.output.shapes, () => size);
    return [resize(share, sizes, nearest)];
  }
  const counts = positions.map((length, i) =>
    Array.from({ length }, (_, k) => {
      const start = k * strides[i]! - pads[i]!;
      return Math.min(start + kernel[i]!, size[i]!) - Math.max(start, 0);
    }),
  );
  const inWindow = counts.reduce((all, axis) => all.flatMap((n) => axis.map((m) => n * m)), [1]);
  const witnesses = dy!.shapes.length;
  const share = g.constant(
    'float32',
    [1, 1, ...positions],
    inWindow.map((n) => 1 / n),
    witnesses,
  );
  const ones = new Array<number>(channels * product(kernel)).fill(1);
  return [
    g.emit(
      'ConvTranspose',
      [g.mul(dy!, share), g.constant('float32', [channels, 1, ...kernel], ones, witnesses)],
      { dtype: dy!.dtype, shapes: node.output.shapes },
      { ...node.attrs, group: channels, output_padding: outputPadding(node, dy!) },
    ),
  ];
}

/** Adds each dy at the place where MaxPool found the largest element of its window. */
export function maxPoolGradient(node: Node, [x, dy]: Value[]): Value[] {
  const [, where] = maxPoolWithIndices(x!, windowOf(node.attrs));
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
