import { backend_util, type ScatterNdAttrs, type SparseToDenseAttrs } from '@tensorflow/tfjs-core';
import type { Value } from '../../graph/graph.js';
import * as g from '../../graph/ops.js';
import { product } from '../../graph/sizes.js';
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

export const gathersAndScatters: Rules = {
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
};
