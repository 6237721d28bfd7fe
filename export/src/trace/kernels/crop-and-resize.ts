import type { CropAndResizeAttrs } from '@tensorflow/tfjs-core';
import type { Value } from '../../graph/graph.js';
import * as g from '../../graph/ops.js';
import { counting, double, isOutside, pixelsAt, rounded, withChannel } from './pixels.js';
import { input, type Rules } from './rule.js';

/**
 * Where the rows (or columns) of the crops lie in the image, float64 [n, cropSize]. In tfjs's own order and precision:
 * a box that ends with the image ends a rounding error inside it or outside, where there are no pixels.
 */
function positions(from: Value, to: Value, size: number, cropSize: number): Value {
  const last = double(size - 1);
  if (cropSize === 1) return g.mul(g.mul(double(0.5), g.add(from, to)), last);
  const scale = g.div(g.mul(g.sub(to, from), last), double(cropSize - 1));
  const steps = counting('float64', [1, cropSize]);
  return g.add(g.mul(from, last), g.mul(steps, scale));
}

export const crops: Rules = {
  CropAndResize: (inputs, { cropSize, method, extrapolationValue }: CropAndResizeAttrs) => {
    const images = g.cast(input(inputs, 'image'), 'float32');
    const boxes = input(inputs, 'boxes');
    const of = input(inputs, 'boxInd');
    const [n, height, width] = images.shape as [number, number, number];
    const count = boxes.shape[0]!;
    const [y1, x1, y2, x2] = g.split(g.cast(boxes, 'float64'), [[1, 1, 1, 1]], 1) as [
      Value,
      Value,
      Value,
      Value,
    ];
    const spread = (v: Value, axis: 1 | 2) =>
      g.reshape(v, [[count, ...(axis === 1 ? [cropSize[0], 1] : [1, cropSize[1]])]]);
    const y = spread(positions(y1, y2, height, cropSize[0]), 1);
    const x = spread(positions(x1, x2, width, cropSize[1]), 2);
    const sample = g.reshape(of, [[count, 1, 1]]);

    const nowhere = withChannel(g.compare('Or', isOutside(y, height), isOutside(x, width)));
    const pixels =
      method === 'nearest' ? pixelsAt(images, sample, rounded(y), rounded(x)) : between(images, sample, y, x);
    const filled = g.where(nowhere, g.constant('float32', [], [extrapolationValue]), pixels);
    // A box of an image that there is not.
    const missing = withChannel(g.compare('GreaterOrEqual', sample, g.constant('int32', [], [n])));
    return g.where(missing, g.constant('float32', [], [0]), filled);
  },
};

/** The pixels between the four around a point, by how near it is to each. */
function between(images: Value, sample: Value, y: Value, x: Value): Value {
  const [top, bottom, left, right] = [
    g.unary('Floor', y),
    g.unary('Ceil', y),
    g.unary('Floor', x),
    g.unary('Ceil', x),
  ];
  const share = (v: Value, low: Value) => withChannel(g.cast(g.sub(v, low), 'float32'));
  const mix = (a: Value, b: Value, part: Value) => g.add(a, g.mul(g.sub(b, a), part));
  const row = (at: Value) =>
    mix(pixelsAt(images, sample, at, left), pixelsAt(images, sample, at, right), share(x, left));
  return mix(row(top), row(bottom), share(y, top));
}
