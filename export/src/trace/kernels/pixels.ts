import type { Value } from '../../graph/graph.js';
import * as g from '../../graph/ops.js';

/** A number that JavaScript would have worked out, so in its float64. */
export const double = (value: number): Value => g.constant('float64', [], [value]);

/** A size, which may follow the batch, as a number to reckon with. */
const integer = (value: number): Value => g.constant('int32', [], [value]);

/**
 * The pixels of images [n, height, width, channels] at whole coordinates that broadcast to one shape: [...shape,
 * channels]. What lies outside is taken from the nearest edge.
 */
export function pixelsAt(images: Value, sample: Value, y: Value, x: Value): Value {
  const [n, height, width, channels] = images.shape as [number, number, number, number];
  const within = (v: Value, size: number) =>
    g.cast(g.binary('Max', g.binary('Min', v, g.scalar(size - 1, v)), g.scalar(0, v)), 'int32');
  const row = g.add(g.mul(within(sample, n), integer(height)), within(y, height));
  const index = g.add(g.mul(row, integer(width)), within(x, width));
  return g.gather(g.reshape(images, [[n * height * width, channels]]), index, 0);
}

/** Math.round, which rounds half up. */
export const rounded = (v: Value): Value => g.unary('Floor', g.add(v, double(0.5)));

/** 1 more axis, at the end. */
export const withChannel = (v: Value): Value => g.reshape(v, [[...v.shape, 1]]);
