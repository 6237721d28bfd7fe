import type { Node, Value } from '../../graph/graph.js';
import { conv, windowOf } from '../../graph/operators.js';
import * as g from '../../graph/ops.js';

function withZeros(x: Value, axis: number, before: number, after: number): Value {
  const zeros = (width: number) => {
    const shapes = x.shapes.map((s) => s.map((d, i) => (i === axis ? width : d)));
    return width > 0 ? [g.expand(g.scalar(0, x), shapes)] : [];
  };
  return g.concat([...zeros(before), x, ...zeros(after)], axis);
}

/**
 * A convolution by a filter as large as the image, padded at its end alone, as one of an image that was padded before:
 * ONNX Runtime's WebGPU provider takes the former for a product of matrices, without the padding. An image as small as a
 * filter costs nothing to pad anywhere, so files have this form too. Padded by joins, since ONNX Runtime would draw a
 * Pad back into the convolution.
 */
export function wholeImageConv({ attrs }: Node, [x, w, bias]: Value[]): Value[] | undefined {
  // Padding that is left to ONNX Runtime follows the size of the image, which then is not that of the filter.
  if (attrs['auto_pad'] !== undefined) return undefined;
  const window = windowOf(attrs);
  const axes = window.kernel.length;
  const [before, after] = [window.pads.slice(0, axes), window.pads.slice(axes)];
  const isWhole = window.kernel.every((k, i) => k === x!.shape[2 + i]);
  if (!isWhole || before.every((width, i) => width === after[i])) return undefined;
  const padded = before.reduce((image, width, i) => withZeros(image, 2 + i, width, after[i]!), x!);
  return [conv(padded, w!, { ...window, pads: window.pads.map(() => 0) }, bias)];
}
