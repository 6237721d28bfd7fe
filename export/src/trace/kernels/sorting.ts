import { util, type SearchSortedAttrs, type TopKAttrs, type UniqueAttrs } from '@tensorflow/tfjs-core';
import { dataDependentSize } from '../../graph/data-dependent-size.js';
import type { Value } from '../../graph/graph.js';
import * as g from '../../graph/ops.js';
import { input, type Inputs, type Rules } from './rule.js';

/** The largest `k` along the last axis, or the smallest, the first of equal ones first, and where they stand. */
function topK(x: Value, k: number, largest: 0 | 1 = 1): Value[] {
  const shapes = [[...x.shape.slice(0, -1), k]];
  const [values, indices] = g.emitMany(
    'TopK',
    [x],
    [
      { dtype: x.dtype, shapes },
      { dtype: 'int64', shapes },
    ],
    { axis: x.rank - 1, largest, sorted: 1 },
    { k: [[k]] },
  );
  return [values!, g.cast(indices!, 'int32')];
}

/** The places of a vector's elements, from the smallest on; of equal ones the first comes first. */
export const argSort = (x: Value): Value => topK(x, x.shape[0]!, 0)[1]!;

/**
 * Where each value belongs in its row's sorted sequence: how many elements stand before it. A comparison with each of
 * them, which ONNX can run where it cannot search.
 */
function search(inputs: Inputs, side: 'left' | 'right'): Value {
  const sequence = input(inputs, 'sortedSequence');
  const values = input(inputs, 'values');
  const [rows, length] = sequence.shape as [number, number];
  const before = g.compare(
    side === 'left' ? 'Less' : 'LessOrEqual',
    g.reshape(sequence, [[rows, 1, length]]),
    g.reshape(g.cast(values, sequence.dtype), [[rows, values.shape[1]!, 1]]),
  );
  return g.reduce('ReduceSum', g.cast(before, 'int32'), [2], false);
}

/** The different slices of x along an axis, in the order in which they come, and which of them stands at each place. */
function unique(x: Value, axis: number): Value[] {
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

export const sorting: Rules = {
  // Unsorted means in any order: sorted is one.
  TopK: (inputs, { k }: TopKAttrs) => {
    const x = input(inputs, 'x');
    if (x.dtype !== 'bool') return topK(x, k);
    const [values, indices] = topK(g.cast(x, 'int32'), k);
    return [g.cast(values!, 'bool'), indices!];
  },
  Unique: (inputs, { axis }: UniqueAttrs) => {
    const x = input(inputs, 'x');
    const at = util.parseAxisParam(axis, [...x.shape])[0]!;
    if (x.dtype === 'float32') return unique(x, at);
    // ONNX Runtime has no Unique of int32 or bool.
    const [values, indices] = unique(g.cast(x, 'int64'), at);
    return [g.cast(values!, x.dtype), indices!];
  },
  SearchSorted: (inputs, { side }: SearchSortedAttrs) => search(inputs, side),
  LowerBound: (inputs) => search(inputs, 'left'),
  UpperBound: (inputs) => search(inputs, 'right'),
};
