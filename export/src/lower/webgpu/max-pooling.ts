import type { Node, Value } from '../../graph/graph.js';
import * as g from '../../graph/ops.js';
import { convInputGradient, pool, windowOf, type Window } from '../../graph/operators.js';
import { mapSizes, product } from '../../graph/sizes.js';
import { fixedSize } from '../portable/fixed-size.js';
import { positionsIn } from '../portable/convolution.js';

// ONNX Runtime's WebGPU provider takes a MaxPool that also tells where, but does not run it.

/** For every tap of a window, row by row: 1 where its element is the largest, the first where several are, and else 0. */
function firstLargest(x: Value, largest: Value, { kernel, strides, pads, dilations }: Window): Value[] {
  const axes = kernel.length;
  const padded = g.pad(
    x,
    mapSizes(x.shapes, () => [0, 0, ...pads.slice(0, axes), 0, 0, ...pads.slice(axes)]),
    -Infinity,
  );
  let before: Value | undefined;
  return positionsIn(kernel).map((tap) => {
    const start = tap.map((t, i) => t * dilations[i]!);
    const seen = g.slice(
      padded,
      mapSizes(padded.shapes, () => [0, 0, ...start]),
      mapSizes(padded.shapes, (s, w) => [
        s[0]!,
        s[1]!,
        ...start.map((at, i) => at + (largest.shapes[w]![2 + i]! - 1) * strides[i]! + 1),
      ]),
      [1, 1, ...strides],
    );
    const equal = g.cast(g.compare('Equal', seen, largest), 'float32');
    const first = before ? g.mul(equal, g.sub(g.scalar(1, before), before)) : equal;
    before = before ? g.add(before, first) : first;
    return first;
  });
}

/** Each dy goes where the tap looked that found it: a transposed convolution with a filter of one tap a channel. */
export function maxPoolGradient({ attrs }: Node, [x, dy]: Value[]): Value[] {
  const window = { ...windowOf(attrs), group: 1 };
  const shares = firstLargest(x!, pool('MaxPool', x!, window), window).map((first) => {
    const share = g.mul(first, dy!);
    return g.reshape(
      share,
      mapSizes(share.shapes, ([n, channels, ...size]) => [n! * channels!, 1, ...size]),
    );
  });
  const taps = shares.length;
  const places = Array.from({ length: taps * taps }, (_, i) => (i % (taps + 1) === 0 ? 1 : 0));
  const oneHot = g.constant('float32', [taps, 1, ...window.kernel], places, x!.shapes.length);
  // Every channel of every image is an image of its own, which the taps are the channels of.
  const each = mapSizes(x!.shapes, ([n, channels, ...size]) => [n! * channels!, 1, ...size]);
  return [g.reshape(convInputGradient(g.concat(shares, 1), oneHot, window, each), x!.shapes)];
}

/** Where each largest element is, found tap by tap; of images whose number is known, as it is where a function is compiled. */
export function maxPoolWithIndices(node: Node, [x]: Value[]): Value[] | undefined {
  const [n, channels] = x!.shape as [number, number];
  if (node.outputs.length === 1 || !Number.isInteger(n)) return undefined;
  const window = { ...windowOf(node.attrs), group: 1 };
  const { kernel, strides, pads, dilations } = window;
  const [size, positions] = [fixedSize(x!, node), fixedSize(node.output, node)];
  const witnesses = x!.shapes.length;
  const largest = pool('MaxPool', x!, window);
  const integers = (shape: readonly number[], values: readonly number[]) =>
    g.constant('int32', shape, values, witnesses);
  const within = firstLargest(x!, largest, window).map((first, tap) => {
    const offset = positionsIn(kernel)[tap]!;
    // Where the tap looks from each position, counted along the image.
    const places = positionsIn(positions).map((at) =>
      at.reduce((sum, p, i) => sum * size[i]! + p * strides[i]! + offset[i]! * dilations[i]! - pads[i]!, 0),
    );
    return g.mul(g.cast(first, 'int32'), integers([1, 1, ...positions], places));
  });
  const images = integers(
    [n, channels, ...positions.map(() => 1)],
    Array.from({ length: n * channels }, (_, i) => i * product(size)),
  );
  const indices = g.add(within.reduce(g.add), images);
  return [largest, g.cast(indices, 'int64')];
}
