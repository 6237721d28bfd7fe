import type { Node, Value } from '../../graph/graph.js';
import * as g from '../../graph/ops.js';
import { conv, windowOf } from '../../graph/operators.js';
import { mapSizes } from '../../graph/sizes.js';
import { swapChannels } from '../portable/convolution.js';

/** x with zeros between its elements, so that one comes every `strides` along the spatial axes. */
function spread(x: Value, strides: readonly number[]): Value {
  if (strides.every((stride) => stride === 1)) return x;
  const apart = g.reshape(
    x,
    mapSizes(x.shapes, (s) => [s[0]!, s[1]!, ...s.slice(2).flatMap((size) => [size, 1])]),
  );
  const none = apart.shape.map(() => 0);
  const zeros = [0, 0, ...strides.flatMap((stride) => [0, stride - 1])];
  const padded = g.pad(
    apart,
    mapSizes(apart.shapes, () => [...none, ...zeros]),
  );
  const joined = g.reshape(
    padded,
    mapSizes(x.shapes, (s) => [s[0]!, s[1]!, ...strides.map((stride, i) => s[2 + i]! * stride)]),
  );
  return g.slice(
    joined,
    mapSizes(joined.shapes, (s) => s.map(() => 0)),
    mapSizes(joined.shapes, (s) => s.map((size, i) => (i < 2 ? size : size - (strides[i - 2]! - 1)))),
  );
}

/**
 * A transposed convolution as a convolution of its input spread out. ONNX Runtime's WebGPU provider has none of volumes,
 * and is wrong where each of several groups makes one channel of more than one.
 */
export function convTranspose(node: Node, [x, w]: Value[]): Value[] | undefined {
  const window = windowOf(node.attrs);
  const { kernel, strides, pads, dilations, group } = window;
  const axes = kernel.length;
  const joins = group > 1 && w!.shape[1] === 1 && w!.shape[0]! > group;
  if (axes < 3 && !joins) return undefined;
  const beyond = node.attrs['output_padding'] as number[];
  const reach = kernel.map((k, i) => dilations[i]! * (k - 1));
  const around = pads.map((width, i) => reach[i % axes]! - width + (i < axes ? 0 : beyond[i - axes]!));
  const flipped = g.reverse(
    swapChannels(w!, group),
    kernel.map((_, i) => i + 2),
  );
  const all = conv(spread(x!, strides), flipped, {
    ...window,
    strides: strides.map(() => 1),
    pads: around.map((width) => Math.max(width, 0)),
  });
  // Padding that is wider than the window reaches is cut off what comes out.
  const cut = around.map((width) => Math.max(-width, 0));
  return [
    g.slice(
      all,
      mapSizes(all.shapes, () => [0, 0, ...cut.slice(0, axes)]),
      mapSizes(all.shapes, (s) => s.map((size, i) => (i < 2 ? size : size - cut[axes + i - 2]!))),
    ),
  ];
}
