import { describe, expect, test } from 'vitest';
import type { Data, Value } from '../graph/graph.js';
import * as g from '../graph/ops.js';
import { graphInput, graphOf } from '../testing/graphs.js';
import { print } from '../testing/print.js';
import { foldConstants } from './constant-folding.js';

const fold = (value: Value): Value => foldConstants(graphOf([], { y: value })).outputs[0]!.value;
const numbers = (data: Data | undefined) => (data ? Array.from(data as Float32Array) : undefined);
const matrix = g.constant('float32', [2, 3], [1, 2, 3, 4, 5, 6]);

test('what depends on constants alone is computed, dead nodes are gone', () => {
  const x = graphInput('x', [3, 2]);
  const graph = graphOf([x], {
    y: g.add(x, g.mul(g.transpose(matrix, [1, 0]), g.constant('float32', [], [2]))),
  });
  expect(print(graph)).toEqual([
    '%1 = Transpose(float32[2, 3]) perm=1,0 [3, 2]',
    '%2 = Mul(%1, 2) [3, 2]',
    '%3 = Add(x, %2) [3, 2]',
    'y: %3',
  ]);
  const folded = foldConstants(graph);
  expect(print(folded)).toEqual(['%1 = Add(x, float32[3, 2]) [3, 2]', 'y: %1']);
  expect(numbers(folded.nodes[0]!.inputs[1]!.data)).toEqual([2, 8, 4, 10, 6, 12]);
});

describe('folded values', () => {
  const c = (values: number[], dtype: Value['dtype'] = 'float32') =>
    g.constant(dtype, [values.length], values);
  test.each<[string, Value, number[]]>([
    ['a reversed slice', g.slice(matrix, [[1, 2]], [[-1, -1]], [-1, -2]), [6, 4, 3, 1]],
    ['an expanded row', g.expand(c([1, 2]), [[2, 2]]), [1, 2, 1, 2]],
    ['a split', g.split(matrix, [[1, 2]], 1)[1]!, [2, 3, 5, 6]],
    ['float to int', g.cast(c([-1.7, 1.7]), 'int32'), [-1, 1]],
    ['float to bool', g.cast(c([0.4, 0, -2, 256]), 'bool'), [1, 0, 1, 1]],
    ['int to float', g.cast(c([3, -4], 'int32'), 'float32'), [3, -4]],
    ['int to int64', g.cast(c([3, -4], 'int32'), 'int64'), [3n, -4n] as never],
    ['whole division', g.div(c([7, -7], 'int32'), c([2, 2], 'int32')), [3, -3]],
    ['broadcasting', g.add(g.constant('float32', [2, 1], [1, 2]), c([10, 20])), [11, 21, 12, 22]],
    ['rounded once to float32', g.div(c([1]), c([3])), [Math.fround(1 / 3)]],
    [
      'joined columns',
      g.concat([matrix, g.constant('float32', [2, 1], [7, 8])], 1),
      [1, 2, 3, 7, 4, 5, 6, 8],
    ],
    ['joined whole numbers', g.concat([c([1, 2], 'int64'), c([3], 'int64')], 0), [1n, 2n, 3n] as never],
    ['a comparison', g.compare('Greater', c([1, 2, 3]), c([2, 2, 2])), [0, 0, 1]],
    ['an equality', g.compare('Equal', c([1, 2], 'int32'), c([2, 2], 'int32')), [0, 1]],
    ['at most', g.compare('LessOrEqual', c([1, 2, 3]), c([2, 2, 2])), [1, 1, 0]],
    ['an empty tensor', g.mul(c([]), c([1])), []],
  ])('%s', (_, value, expected) => {
    expect(numbers(fold(value).data)).toEqual(expected);
  });
});

test('a result is not made larger than the cap, unless what it came from is as large', () => {
  const spread = (n: number) => fold(g.expand(g.constant('float32', [], [1]), [[n]]));
  expect(spread(4096).data).toBeDefined();
  expect(spread(4097).data).toBeUndefined();
  const large = g.constant('float32', [100, 100], new Float32Array(10000));
  expect(fold(g.transpose(large, [1, 0])).data).toHaveLength(10000);
});

test('sizes that follow the batch are not folded', () => {
  const c = g.constant('float32', [], [1], 2);
  expect(fold(g.expand(c, [[3], [5]])).data).toBeUndefined();
});

test('the name of a weight survives', () => {
  const w = g.constant('float32', [2, 3], [1, 2, 3, 4, 5, 6]);
  w.name = 'kernel';
  expect(fold(g.mul(g.transpose(w, [1, 0]), g.constant('float32', [], [2]))).name).toBe('kernel');
  // But a sum of two weights is neither.
  expect(fold(g.add(w, matrix)).name).toBeUndefined();
});
