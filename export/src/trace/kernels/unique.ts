import { util, type UniqueAttrs } from '@tensorflow/tfjs-core';
import { dataDependentSize } from '../../graph/data-dependent-size.js';
import type { Value } from '../../graph/graph.js';
import * as g from '../../graph/ops.js';
import { product } from '../../graph/sizes.js';
import { input, type Rules } from './rule.js';

/** The different slices of x along an axis, in the order in which they come, and which of them stands at each place. */
function uniqueOf(x: Value, axis: number): Value[] {
  const count = dataDependentSize();
  const shapes = [x.shape.map((d, i) => (i === axis ? count : d))];
  const [values, , inverse] = g.emitMany(
    'Unique',
    [x],
    [
      { dtype: x.dtype, shapes },
      { dtype: 'int64', shapes: [[count]] },
      { dtype: 'int64', shapes: [[x.shape[axis]!]] },
      { dtype: 'int64', shapes: [[count]] },
    ],
    { axis, sorted: 0 },
  );
  return [values!, g.cast(inverse!, 'int32')];
}

/** The same of a constant, whose size is then known as well. */
function known(x: Value, axis: number): Value[] {
  const [outer, length, inner] = [
    product(x.shape.slice(0, axis)),
    x.shape[axis]!,
    product(x.shape.slice(axis + 1)),
  ];
  const slice = (i: number) =>
    Array.from({ length: outer * inner }, (_, k) =>
      Number(x.data![(Math.floor(k / inner) * length + i) * inner + (k % inner)]),
    );
  const seen = new Map<string, number>();
  const first: number[] = [];
  const inverse = Array.from({ length }, (_, i) => {
    const key = slice(i).join();
    if (!seen.has(key)) {
      seen.set(key, seen.size);
      first.push(i);
    }
    return seen.get(key)!;
  });
  const kept = g.gather(x, g.constant('int32', [first.length], first), axis);
  return [kept, g.constant('int32', [length], inverse)];
}

export const uniques: Rules = {
  Unique: (inputs, { axis }: UniqueAttrs) => {
    const x = input(inputs, 'x');
    const at = util.parseAxisParam(axis, [...x.shape])[0]!;
    if (x.data) return known(x, at);
    if (x.dtype === 'float32') return uniqueOf(x, at);
    // ONNX Runtime has no Unique of int32 or bool.
    const [values, indices] = uniqueOf(g.cast(x, 'int64'), at);
    return [g.cast(values!, x.dtype), indices!];
  },
};
