import type { SearchSortedAttrs, TopKAttrs } from '@tensorflow/tfjs-core';
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

export const sorting: Rules = {
  // Unsorted means in any order: sorted is one.
  TopK: (inputs, { k }: TopKAttrs) => {
    const x = input(inputs, 'x');
    if (x.dtype !== 'bool') return topK(x, k);
    const [values, indices] = topK(g.cast(x, 'int32'), k);
    return [g.cast(values!, 'bool'), indices!];
  },
  SearchSorted: (inputs, { side }: SearchSortedAttrs) => search(inputs, side),
  LowerBound: (inputs) => search(inputs, 'left'),
  UpperBound: (inputs) => search(inputs, 'right'),
};
