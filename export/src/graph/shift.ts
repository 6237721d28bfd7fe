import type { Value } from './graph.js';
import * as g from './ops.js';
import { mapSizes } from './sizes.js';

/** x moved `by` places along an axis, ones taking the places that come free; backwards where `by` is negative. */
export function shift(x: Value, axis: number, by: number): Value {
  const along = (s: readonly number[], value: number, rest: (i: number) => number) =>
    s.map((_, i) => (i === axis ? value : rest(i)));
  const step = (s: readonly number[]) => Math.min(Math.abs(by), s[axis]!);
  const none = () => 0;
  const starts = mapSizes(x.shapes, (s) => along(s, by > 0 ? 0 : step(s), none));
  const ends = mapSizes(x.shapes, (s) => along(s, by > 0 ? s[axis]! - step(s) : s[axis]!, (i) => s[i]!));
  const widths = mapSizes(x.shapes, (s) => [
    ...along(s, by > 0 ? step(s) : 0, none),
    ...along(s, by > 0 ? 0 : step(s), none),
  ]);
  return g.pad(g.slice(x, starts, ends), widths, 1);
}
