import type { Graph, Node, Value } from '../../graph/graph.js';
import {
  conv,
  convFilterGradient,
  convInputGradient,
  imageWindowOf,
  type Resizing,
  type ImageWindow,
} from '../../graph/operators.js';
import * as g from '../../graph/ops.js';
import { mapSizes, sameInts } from '../../graph/sizes.js';
import { rewrite } from '../../passes/rewrite.js';

/** The window of 4 x 4 with stride 2 whose transposed convolution is an upsampling followed by one of 3 x 3. */
const TRANSPOSED: ImageWindow = {
  kernel: [4, 4],
  strides: [2, 2],
  pads: [1, 1, 1, 1],
  dilations: [1, 1],
  group: 1,
};

/** A row a tap of the transposed filter: which taps of the other one see the same pixel of the small image. */
const TAPS = [0, 0, 1, 0, 1, 1, 1, 1, 0, 1, 0, 0];

/**
 * A convolution of 3 x 3 over an image whose pixels were each repeated 2 x 2 multiplies every pixel by nine taps at four
 * places, where sums of the taps would do: as a transposed convolution of 4 x 4 with stride 2 on the small image it takes
 * 16 products in place of 36, and so do its gradients. Theirs are a convolution with stride 2, and its filter's gradient.
 */
export const shrinkUpsampledConvs = (graph: Graph): Graph =>
  rewrite(graph, (node, inputs) => {
    switch (node.op) {
      case 'Conv':
        return forward(node, inputs);
      case 'ConvFilterGradient':
        return filterGradient(node, inputs);
      case 'ResizeSpatialGradient':
        return inputGradient(node, inputs[0]!);
      default:
        return undefined;
    }
  });

function forward(node: Node, [image, w, bias]: Value[]): Value[] | undefined {
  const small = smallImage(image!);
  if (!small || !isThreeByThree(node)) return undefined;
  const y = convInputGradient(small, transposedFilter(w!), TRANSPOSED, node.output.shapes);
  if (!bias) return [y];
  const perChannel = g.reshape(
    bias,
    mapSizes(bias.shapes, ([o]) => [1, o!, 1, 1]),
  );
  return [g.add(y, perChannel)];
}

function filterGradient(node: Node, [image, dy]: Value[]): Value[] | undefined {
  const small = smallImage(image!);
  if (!small || !isThreeByThree(node)) return undefined;
  const [o, i] = node.output.shape as [number, number];
  const gradient = convFilterGradient(dy!, small, TRANSPOSED, [i, o, 4, 4]);
  return [g.transpose(multiplyTaps(gradient, g.transpose(tapMatrix(dy!), [1, 0]), 3), [1, 0, 2, 3])];
}

function inputGradient(node: Node, gradient: Value): Value[] | undefined {
  const producer = gradient.producer;
  if (producer?.op !== 'ConvInputGradient' || !isThreeByThree(producer)) return undefined;
  if (!doubles(node.output, gradient, node.attrs as unknown as Resizing)) return undefined;
  const [dy, w] = producer.inputs as [Value, Value];
  return [conv(dy, transposedFilter(w), TRANSPOSED)];
}

/** w [O, I, 3, 3] as the [I, O, 4, 4] of the transposed convolution. */
const transposedFilter = (w: Value): Value => multiplyTaps(g.transpose(w, [1, 0, 2, 3]), tapMatrix(w), 4);

/** A filter's taps, all of a pair of channels as one row, times a matrix: as one product, since many small ones are slow. */
function multiplyTaps(filter: Value, matrix: Value, kernel: number): Value {
  const rows = g.reshape(
    filter,
    mapSizes(filter.shapes, ([a, b, h, w]) => [a! * b!, h! * w!]),
  );
  return g.reshape(
    g.matMul(rows, matrix),
    mapSizes(filter.shapes, ([a, b]) => [a!, b!, kernel, kernel]),
  );
}

/** From the taps of 3 x 3 to those of 4 x 4: the product of `TAPS` for the rows and for the columns. */
function tapMatrix(like: Value): Value {
  const pairs = (n: number) => Array.from({ length: n * n }, (_, k) => [Math.floor(k / n), k % n] as const);
  const values = pairs(3).flatMap(([p, q]) => pairs(4).map(([a, b]) => TAPS[3 * a + p]! * TAPS[3 * b + q]!));
  return g.constant('float32', [9, 16], Float32Array.from(values), like.shapes.length);
}

/** The image that `image` is twice the height and width of, each of its pixels repeated. */
function smallImage(image: Value): Value | undefined {
  const { producer } = image;
  if (producer?.op !== 'ResizeSpatial') return undefined;
  const small = producer.inputs[0]!;
  return doubles(small, image, producer.attrs as unknown as Resizing) ? small : undefined;
}

const doubles = (small: Value, large: Value, { mode, alignCorners, halfPixelCenters }: Resizing): boolean =>
  mode === 'nearest' &&
  !alignCorners &&
  !halfPixelCenters &&
  [2, 3].every((axis) => large.shape[axis] === 2 * small.shape[axis]!);

function isThreeByThree({ attrs, output }: Node): boolean {
  const { kernel, strides, pads, dilations, group } = imageWindowOf(attrs);
  return (
    output.dtype === 'float32' &&
    sameInts(kernel, [3, 3]) &&
    group === 1 &&
    [...strides, ...pads, ...dilations].every((n) => n === 1)
  );
}
