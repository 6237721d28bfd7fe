import type { Node, Value } from '../../graph/graph.js';
import { windowOf } from '../../graph/operators.js';
import * as g from '../../graph/ops.js';
import { mapSizes } from '../../graph/sizes.js';

/**
 * A transposed convolution that takes more off one end of an axis than off the other, as one that takes the same off both,
 * and a slice of the rest: ONNX Runtime's CUDA provider has no other.
 */
export function evenTransposedConv(node: Node, inputs: Value[]): Value[] | undefined {
  const { kernel, pads } = windowOf(node.attrs);
  const axes = kernel.length;
  const [begin, end] = [pads.slice(0, axes), pads.slice(axes)];
  if (begin.every((width, i) => width === end[i])) return undefined;
  const outputPadding = node.attrs['output_padding'] as readonly number[];
  const even = begin.map((width, i) => Math.min(width, end[i]!));
  const before = begin.map((width, i) => width - even[i]!);
  // What no window reached at the end makes up for what is taken off there.
  const after = end.map((width, i) => width - even[i]! - outputPadding[i]!);
  const shapes = mapSizes(node.output.shapes, (s) => [
    ...s.slice(0, 2),
    ...s.slice(2).map((size, i) => before[i]! + size + Math.max(0, after[i]!)),
  ]);
  const attrs = {
    ...node.attrs,
    pads: [...even, ...even],
    output_padding: after.map((width) => Math.max(0, -width)),
  };
  const whole = g.emit('ConvTranspose', inputs, { dtype: node.output.dtype, shapes }, attrs);
  return [
    g.slice(
      whole,
      mapSizes(shapes, () => [0, 0, ...before]),
      mapSizes(node.output.shapes, (s) => s.map((size, i) => (i < 2 ? size : before[i - 2]! + size))),
    ),
  ];
}
