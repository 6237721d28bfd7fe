import type { Value } from '../../graph/graph.js';
import * as g from '../../graph/ops.js';

/** x moved `by` places along an axis, ones taking the places that come free; backwards where `by` is negative. */
export function shift(x: Value, axis: number, by: number): Value {
  const length = x.shape[axis]!;
  const step = Math.min(Math.abs(by), length);
  const along = (value: number, rest: (i: number) => number) => [
    x.shape.map((_, i) => (i === axis ? value : rest(i))),
  ];
  const whole = (i: number) => x.shape[i]!;
  const none = () => 0;
  const kept =
    by > 0
      ? g.slice(x, along(0, none), along(length - step, whole))
      : g.slice(x, along(step, none), along(length, whole));
  const widths = [along(by > 0 ? step : 0, none), along(by > 0 ? 0 : step, none)].flat(2);
  return g.pad(kept, [widths], 1);
}

/** Products of 2, 4, 8 ... neighbours: ONNX has a running sum, but no running product. */
export function cumulativeProduct(x: Value, axis: number, direction: 1 | -1): Value {
  let product = x;
  for (let step = 1; step < x.shape[axis]!; step *= 2) {
    product = g.mul(product, shift(product, axis, step * direction));
  }
  return product;
}
