import type { TransformAttrs } from '@tensorflow/tfjs-core';
import type { Value } from '../../graph/graph.js';
import * as g from '../../graph/ops.js';
import { counting, double, isOutside, pixelsAt, rounded, withChannel } from './pixels.js';
import { input, type Rules } from './rule.js';

export const transforms: Rules = {
  Transform: (inputs, { interpolation, fillMode, fillValue, outputShape }: TransformAttrs) => {
    const images = input(inputs, 'image');
    const [n, height, width] = images.shape as [number, number, number];
    const [outHeight, outWidth] = outputShape ?? [height, width];
    const matrices = g.cast(input(inputs, 'transforms'), 'float64');
    const count = matrices.shape[0]!;
    const [a0, a1, a2, b0, b1, b2, c0, c1] = g
      .split(matrices, [new Array<number>(8).fill(1)], 1)
      .map((v) => g.reshape(v, [[count, 1, 1]])) as [Value, Value, Value, Value, Value, Value, Value, Value];
    const outX = counting('float64', [1, 1, outWidth]);
    const outY = counting('float64', [1, outHeight, 1]);
    const along = (x: Value, y: Value, rest: Value) => g.add(g.add(g.mul(x, outX), g.mul(y, outY)), rest);
    const projection = along(c0, c1, double(1));
    const x = mapped(g.div(along(a0, a1, a2), projection), width, fillMode);
    const y = mapped(g.div(along(b0, b1, b2), projection), height, fillMode);

    const sample = counting('int32', [n, 1, 1]);
    const fill = g.constant('float32', [], [fillValue]);
    const read = (y: Value, x: Value) =>
      g.where(
        withChannel(g.compare('Or', isOutside(y, height), isOutside(x, width))),
        fill,
        pixelsAt(images, sample, y, x),
      );
    const pixels = interpolation === 'nearest' ? read(rounded(y), rounded(x)) : between(read, y, x);
    // Points that are infinitely far away.
    return g.where(withChannel(g.compare('Equal', projection, double(0))), fill, pixels);
  },
};

/** Where in the image a coordinate is read, be it inside or not, in tfjs's own arithmetic. */
function mapped(at: Value, size: number, mode: TransformAttrs['fillMode']): Value {
  const last = double(size - 1);
  const length = double(size);
  const isBefore = g.compare('Less', at, double(0));
  const isAfter = g.compare('Greater', at, last);
  const inside = (v: Value) => g.binary('Max', double(0), g.binary('Min', v, last));
  /** How often `by` goes into a number, its sign aside. */
  const times = (v: Value, by: Value) => g.unary('Floor', g.div(v, by));
  switch (mode) {
    case 'reflect': {
      if (size <= 1) return g.mul(at, double(0));
      const both = double(2 * size);
      const before = g.add(g.mul(both, times(g.unary('Neg', at), both)), at);
      const fromBefore = g.where(
        g.compare('Less', before, double(-size)),
        g.add(before, both),
        g.sub(g.unary('Neg', before), double(1)),
      );
      const after = g.sub(at, g.mul(both, times(at, both)));
      const fromAfter = g.where(
        g.compare('GreaterOrEqual', after, length),
        g.sub(g.sub(both, after), double(1)),
        after,
      );
      return inside(g.where(isBefore, fromBefore, g.where(isAfter, fromAfter, at)));
    }
    case 'wrap': {
      if (size <= 1) return g.mul(at, double(0));
      const fromBefore = g.add(at, g.mul(length, g.add(times(g.unary('Neg', at), last), double(1))));
      const fromAfter = g.sub(at, g.mul(length, times(at, last)));
      return inside(g.where(isBefore, fromBefore, g.where(isAfter, fromAfter, at)));
    }
    case 'nearest':
      return inside(at);
    default:
      return at;
  }
}

/** The mean of the four pixels around a point, by how near it is to each. */
function between(read: (y: Value, x: Value) => Value, y: Value, x: Value): Value {
  const floor = (v: Value) => g.unary('Floor', v);
  const next = (v: Value) => g.add(floor(v), double(1));
  const weigh = (low: Value, high: Value, v: Value) => {
    const share = (part: Value) => withChannel(g.cast(part, 'float32'));
    return g.add(g.mul(share(g.sub(next(v), v)), low), g.mul(share(g.sub(v, floor(v))), high));
  };
  const row = (y: Value) => weigh(read(y, floor(x)), read(y, next(x)), x);
  return weigh(row(floor(y)), row(next(y)), y);
}
