import { dataDependentSize } from '../../graph/data-dependent-size.js';
import type { DataType, Value } from '../../graph/graph.js';
import { cumulativeProduct } from '../../graph/operators.js';
import * as g from '../../graph/ops.js';
import { shift } from '../../graph/shift.js';
import { scatter } from './gather-scatter.js';
import { checkSegments, emptyRows, inferredShape } from './sparse-checks.js';
import { input, type Inputs, type Rules } from './rule.js';
import { argSort } from './sorting.js';

/** How far apart neighbours along each axis of a tensor of this shape lie, in row-major order. */
const strides = (shape: Value): Value => cumulativeProduct(shift(shape, 0, -1), 0, true);

const numbers = ({ data }: Value): number[] | undefined => data && Array.from(data, Number);

/** The new shape, with its -1, if it has one, as what is left of the size of the old. */
function inferred(shape: Value, oldShape: Value): Value {
  const [to, from] = [numbers(shape), numbers(oldShape)];
  if (to && from) return g.constant('int32', shape.shape, inferredShape(to, from));
  const size = g.reduce('ReduceProd', oldShape, [0], true);
  const open = g.compare('Equal', shape, g.scalar(-1, shape));
  const known = g.reduce('ReduceProd', g.where(open, g.scalar(1, shape), shape), [0], true);
  return g.where(open, g.div(size, atLeastOne(known)), shape);
}

/** A divisor of whole numbers: those of an empty tensor are 0, which ONNX Runtime does not survive. */
const atLeastOne = (x: Value): Value => g.binary('Max', x, g.scalar(1, x));

/** As many zeros as a vector of one element says. */
function zeros(count: Value, dtype: DataType): Value {
  if (count.data) return g.expand(g.scalar(0, count, dtype), [[Number(count.data[0])]]);
  const made = g.emit('ConstantOfShape', [g.cast(count, 'int64')], {
    dtype: 'float32',
    shapes: [[dataDependentSize()]],
  });
  return g.cast(made, dtype);
}

/** One more than the largest of ids that are not negative: how many segments they name. */
function segmentCount(ids: Value): Value {
  if (ids.data)
    return g.constant('int32', [1], [1 + Array.from(ids.data, Number).reduce((a, b) => Math.max(a, b), -1)]);
  const none = g.constant('int32', [1], [-1]);
  const largest = g.reduce('ReduceMax', g.concat([none, ids], 0), [0], true);
  return g.add(largest, g.constant('int32', [1], [1]));
}

/** The rows that `indices` name, summed by segment, and how many each sum has. */
function segmentSums(inputs: Inputs): { sums: Value; counts: Value } {
  const x = input(inputs, 'data');
  const ids = input(inputs, 'segmentIds');
  const indices = input(inputs, 'indices');
  checkSegments(numbers(ids), numbers(indices), x.shape[0]!);
  const rows = g.gather(x, indices, 0);
  const none = zeros(segmentCount(ids), x.dtype);
  const segments = none.shape[0]!;
  const rest = x.shape.slice(1);
  const empty = g.expand(g.reshape(none, [[segments, ...rest.map(() => 1)]]), [[segments, ...rest]]);
  const ones = g.expand(g.scalar(1, x), [ids.shape]);
  return {
    sums: scatter(empty, ids, rows, 'add'),
    counts: g.reshape(scatter(none, ids, ones, 'add'), [[segments, ...rest.map(() => 1)]]),
  };
}

/** The rows without an entry, as the first column of their indices. */
function missingRows(indices: Value, shape: Value, isEmpty: Value): Value {
  const [entries, sizes] = [numbers(indices), numbers(shape)];
  if (entries && sizes) {
    const rank = indices.shape[1]!;
    const rows = emptyRows(
      entries.filter((_, i) => i % rank === 0),
      sizes[0]!,
    );
    return g.constant('int32', [rows.length, 1], rows);
  }
  const found = g.emit('NonZero', [isEmpty], { dtype: 'int64', shapes: [[1, dataDependentSize()]] });
  return g.reshape(g.cast(found, 'int32'), [[found.shape[1]!, 1]]);
}

/** The entries of a sparse tensor, and one of the default value in each row that has none. */
function fillEmptyRows(inputs: Inputs): Value[] {
  const [indices, values, shape, fill] = ['indices', 'values', 'denseShape', 'defaultValue'].map((name) =>
    input(inputs, name),
  ) as [Value, Value, Value, Value];
  const [count, rank] = indices.shape as [number, number];
  const rowCount = shape.data
    ? g.constant('int32', [1], [Number(shape.data[0])])
    : g.slice(shape, [[0]], [[1]]);
  const rows = g.reshape(g.slice(indices, [[0, 0]], [[count, 1]]), [[count]]);
  const entries = scatter(zeros(rowCount, 'int32'), rows, g.expand(g.scalar(1, rows), [[count]]), 'add');
  const isEmpty = g.compare('Equal', entries, g.scalar(0, entries));

  const first = missingRows(indices, shape, isEmpty);
  const missing = first.shape[0]!;
  const all = g.concat([indices, g.pad(first, [[0, 0, 0, rank - 1]])], 0);
  const total = all.shape[0]!;
  const order = argSort(g.reshape(g.slice(all, [[0, 0]], [[total, 1]]), [[total]]));
  return [
    g.gather(all, order, 0),
    g.gather(g.concat([values, g.expand(fill, [[missing]])], 0), order, 0),
    isEmpty,
    // Where each entry went: the order that undoes the order.
    g.slice(argSort(order), [[0]], [[count]]),
  ];
}

/** What is known is held to what tfjs asks of it; what a graph is given only when it runs is not. */
export const sparse: Rules = {
  SparseReshape: (inputs) => {
    const indices = input(inputs, 'inputIndices');
    const shape = input(inputs, 'inputShape');
    const newShape = inferred(input(inputs, 'newShape'), shape);
    const flat = g.reduce('ReduceSum', g.mul(indices, strides(shape)), [1], true);
    const place = g.div(flat, atLeastOne(strides(newShape)));
    const turns = g.mul(g.div(place, atLeastOne(newShape)), newShape);
    return [g.sub(place, turns), newShape];
  },
  SparseSegmentSum: (inputs) => segmentSums(inputs).sums,
  SparseSegmentMean: (inputs) => {
    const { sums, counts } = segmentSums(inputs);
    return g.div(sums, atLeastOne(counts));
  },
  SparseFillEmptyRows: fillEmptyRows,
};
