import { expect, test } from 'vitest';
import { checkClip, clipX0 } from './clip.js';
import { combine } from './combine.js';

test("a dynamic threshold is each sample's own quantile, in a range of its own middle", () => {
  // Range [0, 2]: distances from 1 in half ranges of 1.
  const x0 = Float64Array.of(1, 2, 0, 4, 1, 1.5, 0.5, 1.2);
  clipX0(x0, { quantile: 1 }, [0, 2], 2);
  // The first reaches to 3 half ranges and is divided by them; the second stays, being within one.
  expect([...x0]).toEqual([1, 1 + 1 / 3, 1 - 1 / 3, 2, 1, 1.5, 0.5, 1.2].map((v) => expect.closeTo(v, 12)));
  const half = Float64Array.of(1, 2, 0, 4);
  clipX0(half, { quantile: 0.5 }, [0, 2], 1);
  // Distances 0, 1, 1, 3: the median is 1.
  expect([...half]).toEqual([1, 2, 0, 2]);
  const capped = Float64Array.of(1, 1, 1, 5);
  clipX0(capped, { quantile: 1, max: 2 }, [0, 2], 1);
  expect([...capped]).toEqual([1, 1, 1, 2]);
  const between = Float64Array.of(1, 1, 1, 5);
  // A quarter of the way from 0 to 4 between the last two: at 0.75.
  clipX0(between, { quantile: 0.75 }, [0, 2], 1);
  expect([...between]).toEqual([1, 1, 1, 2]);
});

test('clipping, or not', () => {
  const x0 = Float32Array.of(-3, 0.5, 3);
  clipX0(x0, false, [-1, 1], 1);
  expect([...x0]).toEqual([-3, 0.5, 3]);
  clipX0(x0, true, [-1, 1], 1);
  expect([...x0]).toEqual([-1, 0.5, 1]);
});

test('thresholds that mean nothing are refused', () => {
  expect(() => checkClip({ quantile: 0 })).toThrow('quantile is 0');
  expect(() => checkClip({ quantile: 1.1 })).toThrow('quantile is 1.1');
  expect(() => checkClip({ quantile: 0.9, max: 0.5 })).toThrow('max is 0.5');
});

test('a combination of one to five terms, the first of which may be where it goes', () => {
  const [x, y, z, u, w] = [1, 10, 100, 1000, 10_000].map((unit) => Float64Array.of(unit, 2 * unit)) as [
    Float64Array,
    Float64Array,
    Float64Array,
    Float64Array,
    Float64Array,
  ];
  expect([...combine(new Float64Array(2), [2, x])]).toEqual([2, 4]);
  expect([...combine(new Float64Array(2), [2, x], [3, y])]).toEqual([32, 64]);
  expect([...combine(new Float64Array(2), [2, x], [3, y], [4, z])]).toEqual([432, 864]);
  expect([...combine(new Float64Array(2), [2, x], [3, y], [4, z], [5, u])]).toEqual([5432, 10_864]);
  expect([...combine(x, [2, x], [3, y], [4, z], [5, u], [6, w])]).toEqual([65_432, 130_864]);
});
