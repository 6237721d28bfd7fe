import { expect, test } from 'vitest';
import type { Value } from '../graph/graph.js';
import * as g from '../graph/ops.js';
import { graphInput, graphOf } from '../testing/graphs.js';
import { print } from '../testing/print.js';
import { graphDifference } from '../testing/run-graph.js';
import { multiplyRows } from './multiply-rows.js';
import { simplify } from './simplify.js';

const weights = g.constant(
  'float32',
  [4, 3],
  Array.from({ length: 12 }, (_, i) => i / 4 - 1),
);
const bias = g.constant('float32', [3], [1, -2, 3]);
const x = graphInput('x', [2, 5, 4]);

const after = (y: Value) => simplify(multiplyRows(graphOf([x], { y })));

test('a dense layer of sequences multiplies their rows as they are', async () => {
  const graph = graphOf([x], { y: g.reshape(g.matMul(g.reshape(x, [[10, 4]]), weights), [[2, 5, 3]]) });
  expect(print(graph).slice(0, -1)).toEqual([
    '%1 = Reshape(x) [10, 4]',
    '%2 = MatMul(%1, float32[4, 3]) [10, 3]',
    '%3 = Reshape(%2) [2, 5, 3]',
  ]);
  const changed = simplify(multiplyRows(graph));
  expect(print(changed)).toEqual(['%1 = MatMul(x, float32[4, 3]) [2, 5, 3]', 'y: %1']);
  expect(await graphDifference(graph, changed)).toBeLessThan(1e-6);
});

test('where the reshape before it takes rows apart, the one behind it moves before it', async () => {
  const rows = g.reshape(g.reshape(x, [[2, 5, 2, 2]]), [[10, 4]]);
  const dense = g.unary('Tanh', g.add(g.matMul(rows, weights), bias));
  const graph = graphOf([x], { y: g.reshape(dense, [[2, 5, 3]]) });
  const changed = multiplyRows(graph);
  expect(print(changed)).toEqual([
    '%1 = Reshape(x) [2, 5, 2, 2]',
    '%2 = Reshape(%1) [2, 5, 4]',
    '%3 = MatMul(%2, float32[4, 3]) [2, 5, 3]',
    '%4 = Add(%3, float32[3]) [2, 5, 3]',
    '%5 = Tanh(%4) [2, 5, 3]',
    'y: %5',
  ]);
  expect(await graphDifference(graph, changed)).toBeLessThan(1e-6);
});

test.each([
  ['a batch of matrices', g.matMul(g.reshape(x, [[2, 1, 5, 4]]), g.constant('float32', [2, 2, 4, 3], new Float32Array(48)))],
  ['rows that are a matrix but for axes of size 1', g.matMul(g.reshape(graphInput('x', [5, 1, 4]), [[5, 4]]), weights)],
])('%s stays', (_, y) => {
  const graph = graphOf([y.producer!.inputs[0]!.producer!.inputs[0]!], { y });
  expect(multiplyRows(graph).nodes).toEqual(graph.nodes);
}); // prettier-ignore

test('what is read before the reshape stays where it is', () => {
  const product = g.matMul(g.reshape(g.reshape(x, [[2, 5, 2, 2]]), [[10, 4]]), weights);
  const graph = graphOf([x], { y: g.reshape(product, [[2, 5, 3]]), z: product });
  expect(multiplyRows(graph).nodes).toEqual(graph.nodes);
  const perRow = g.add(g.matMul(g.reshape(g.reshape(x, [[2, 5, 2, 2]]), [[10, 4]]), weights), g.constant('float32', [10, 1], new Float32Array(10))); // prettier-ignore
  expect(after(g.reshape(perRow, [[2, 5, 3]])).nodes.map(({ op }) => op)).toEqual(['Reshape', 'MatMul', 'Add', 'Reshape']);
}); // prettier-ignore
