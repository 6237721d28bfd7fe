import { backend_util } from '@tensorflow/tfjs-core';
import type {
  GatherV2Attrs,
  ScatterNdAttrs,
  SparseToDenseAttrs,
  UnsortedSegmentSumAttrs,
} from '@tensorflow/tfjs-core';
import type { Value } from '../../graph/graph.js';
import { segmentSum } from '../../graph/operators.js';
import * as g from '../../graph/ops.js';
import { product } from '../../graph/sizes.js';
import { normalAxis } from './axis.js';
import { input, type Rules } from './rule.js';

/** Runs `f` on whole numbers in the place of bools, of which ONNX has no sum. */
const asNumbers = (x: Value, f: (x: Value) => Value): Value =>
  x.dtype === 'bool' ? g.cast(f(g.cast(x, 'int32')), 'bool') : f(x);

/**
 * `data` with `updates` written, or added, at `indices`. Where an index stands twice the last update counts in tfjs;
 * ONNX leaves open which one does, so of indices that are known only the last are written. Of others ONNX Runtime's CPU
 * provider writes the last one last as long as there are no more than some 10,000, which it does one after the other.
 */
export function scatter(data: Value, indices: Value, updates: Value, reduction: 'none' | 'add'): Value {
  // One number or a list of numbers: each is an index along the first axis.
  const places = indices.rank < 2 ? g.reshape(indices, [[product(indices.shape), 1]]) : indices;
  const depth = places.shape.at(-1)!;
  const shape = [...places.shape.slice(0, -1), ...data.shape.slice(depth)];
  const written = updates.rank === 0 ? g.expand(updates, [shape]) : g.reshape(updates, [shape]);
  if (product(shape) === 0) return data;
  const [at, values] = reduction === 'none' ? lastAtEachPlace(places, written) : [places, written];
  return g.emit(
    'ScatterND',
    [data, g.cast(at, 'int64'), values],
    { dtype: data.dtype, shapes: data.shapes },
    { reduction },
  );
}

/** Known places and what is written there, without what is written over. */
function lastAtEachPlace(places: Value, written: Value): [Value, Value] {
  if (!places.data) return [places, written];
  const depth = places.shape.at(-1)!;
  const numbers = Array.from(places.data, Number);
  const count = product(places.shape.slice(0, -1));
  const at = (row: number) => numbers.slice(row * depth, (row + 1) * depth);
  const last = [...new Map(Array.from({ length: count }, (_, row) => [at(row).join(), row])).values()];
  if (last.length === count) return [places, written];
  const rows = g.reshape(written, [[count, ...written.shape.slice(places.rank - 1)]]);
  return [
    g.constant('int64', [last.length, depth], last.flatMap(at)),
    g.gather(rows, g.constant('int64', [last.length], last), 0),
  ];
}

/** A gather of which each of the batches along the first axes has its own indices. */
function gatherInBatch(x: Value, indices: Value, axis: number, batchDims: number): Value {
  const info = backend_util.segment_util.collectGatherOpShapeInfo(
    { shape: [...x.shape], rank: x.rank } as never,
    { shape: [...indices.shape], rank: indices.rank } as never,
    axis,
    batchDims,
  );
  const { batchSize: batch, outerSize: outer, dimSize: dim, sliceSize: size, outputShape } = info;
  const count = product(indices.shape) / batch;
  // Rows that are gathered whole: what lies before the axis has to come behind it.
  const rows = g.transpose(g.reshape(x, [[batch, outer, dim, size]]), [0, 2, 1, 3]);
  const places = g.cast(g.reshape(indices, [[batch, count, 1]]), 'int64');
  const gathered = g.emit(
    'GatherND',
    [rows, places],
    { dtype: x.dtype, shapes: [[batch, count, outer, size]] },
    { batch_dims: 1 },
  );
  return g.reshape(g.transpose(gathered, [0, 2, 1, 3]), [outputShape]);
}

export const gathersAndScatters: Rules = {
  GatherV2: (inputs, { axis, batchDims }: GatherV2Attrs) => {
    const x = input(inputs, 'x');
    const indices = input(inputs, 'indices');
    const at = normalAxis(axis, x.rank);
    const outside = Array.from(indices.data ?? [], Number).find((i) => i < 0 || i >= x.shape[at]!);
    if (outside !== undefined)
      throw new Error(`GatherV2: the index value ${outside} is not in [0, ${x.shape[at]! - 1}].`);
    return batchDims ? gatherInBatch(x, indices, at, batchDims) : g.gather(x, indices, at);
  },
  GatherNd: (inputs) => {
    const x = input(inputs, 'params');
    const indices = input(inputs, 'indices');
    // Throws where the two do not fit.
    const [shape] = backend_util.prepareAndValidate(
      { ...x, shape: [...x.shape] } as never,
      { shape: [...indices.shape], dtype: indices.dtype } as never,
    );
    return g.emit('GatherND', [x, g.cast(indices, 'int64')], { dtype: x.dtype, shapes: [shape] });
  },
  ScatterNd: (inputs, { shape }: ScatterNdAttrs) =>
    asNumbers(input(inputs, 'updates'), (updates) => {
      const zeros = g.expand(g.scalar(0, updates), [shape]);
      return scatter(zeros, input(inputs, 'indices'), updates, 'add');
    }),
  TensorScatterUpdate: (inputs) =>
    scatter(input(inputs, 'tensor'), input(inputs, 'indices'), input(inputs, 'updates'), 'none'),
  SparseToDense: (inputs, { outputShape }: SparseToDenseAttrs) =>
    scatter(
      g.expand(input(inputs, 'defaultValue'), [outputShape]),
      input(inputs, 'sparseIndices'),
      input(inputs, 'sparseValues'),
      'none',
    ),
  UnsortedSegmentSum: (inputs, { numSegments }: UnsortedSegmentSumAttrs) =>
    segmentSum(g.cast(input(inputs, 'x'), 'float32'), input(inputs, 'segmentIds'), numSegments),
};
