import type { Value } from '../../graph/graph.js';
import * as g from '../../graph/ops.js';

/** A number that JavaScript would have worked out, so in its float64. */
export const double = (value: number): Value => g.constant('float64', [], [value]);

/** 0, 1, 2 ... along the one axis of `shape` that is longer than 1. */
export const counting = (dtype: 'float64' | 'int32', shape: readonly number[]): Value => {
  const count = Math.max(...shape);
  return g.reshape(g.constant(dtype, [count], [...Array(count).keys()]), [shape]);
};

/** A size, which may follow the batch, as a number to reckon with. */
const integer = (value: number): Value => g.constant('int32', [], [value]);

/**
 * The pixels of images [n, height, width, channels] at whole coordinates that broadcast to one shape: [...shape,
 * channels]. For what lies outside, and for what is no number, it is any pixel.
 */
export function pixelsAt(images: Value, sample: Value, y: Value, x: Value): Value {
  const [n, height, width, channels] = images.shape as [number, number, number, number];
  const within = (v: Value, size: number) =>
    g.binary('Max', g.binary('Min', g.cast(v, 'int32'), integer(size - 1)), integer(0));
  const row = g.add(g.mul(within(sample, n), integer(height)), within(y, height));
  const index = g.add(g.mul(row, integer(width)), within(x, width));
  return g.gather(g.reshape(images, [[n * height * width, channels]]), index, 0);
}

/** Whether a coordinate lies before the first or after the last of `size`. */
export const isOutside = (v: Value, size: number): Value =>
  g.compare('Or', g.compare('Less', v, double(0)), g.compare('Greater', v, double(size - 1)));

/** Math.round, which rounds half up. */
export const rounded = (v: Value): Value => g.unary('Floor', g.add(v, double(0.5)));

/** 1 more axis, at the end. */
export const withChannel = (v: Value): Value => g.reshape(v, [[...v.shape, 1]]);
