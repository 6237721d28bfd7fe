import { expect, test } from 'vitest';
import type { Value } from '../graph/graph.js';
import * as g from '../graph/ops.js';
import { graphInput, graphOf } from '../testing/graphs.js';
import { print } from '../testing/print.js';
import { graphDifference } from '../testing/run-graph.js';
import { foldConstants } from './constant-folding.js';
import { fuseGemm } from './fuse-gemm.js';

const [a, b] = [graphInput('a', [4, 3]), graphInput('b', [3, 5])];
const [aTurned, bTurned] = [graphInput('a', [3, 4]), graphInput('b', [5, 3])];
const bias = g.constant('float32', [5], [1, -2, 3, -4, 5]);
const turn = (v: Value) => g.transpose(v, [1, 0]);
const product = g.matMul(a, b);
const inputsOf = (y: Value): Value[] => {
  const node = y.producer;
  return node ? node.inputs.flatMap(inputsOf) : y.data ? [] : [y];
};

test('before and after', async () => {
  const graph = graphOf([aTurned, b], { y: g.add(g.matMul(turn(aTurned), b), bias) });
  expect(print(graph)).toEqual([
    '%1 = Transpose(a) perm=1,0 [4, 3]',
    '%2 = MatMul(%1, b) [4, 5]',
    '%3 = Add(%2, float32[5]) [4, 5]',
    'y: %3',
  ]);
  const fused = fuseGemm(fuseGemm(graph));
  expect(print(fused)).toEqual(['%1 = Gemm(a, b, float32[5]) transA=1 transB=0 [4, 5]', 'y: %1']);
  expect(await graphDifference(graph, fused)).toBeLessThan(1e-6);
});

test.each<[string, Value]>([
  ['a bias', g.add(bias, product)],
  ['a number a row', g.add(product, g.constant('float32', [4, 1], [1, 2, 3, 4]))],
  ['a matrix', g.add(product, graphInput('c', [4, 5]))],
  ['the second turned', g.matMul(a, turn(bTurned))],
  ['both turned', g.matMul(turn(aTurned), turn(bTurned))],
])('%s', async (_, y) => {
  const graph = graphOf([...new Set(inputsOf(y))], { y });
  const fused = fuseGemm(graph);
  expect(fused.nodes.map(({ op }) => op)).toEqual(['Gemm']);
  expect(await graphDifference(graph, fused)).toBeLessThan(1e-6);
});

test('a number, as a vector of one', async () => {
  const graph = graphOf([a, b], { y: g.add(product, g.scalar(2, a)) });
  const fused = foldConstants(fuseGemm(graph));
  expect(fused.nodes.map(({ op, inputs }) => `${op} ${inputs.at(-1)!.rank}`)).toEqual(['Gemm 1']);
  expect(await graphDifference(graph, fused)).toBeLessThan(1e-6);
});

const batch = graphInput('a', [2, 4, 3]);
test.each<[string, Value]>([
  ['a product of batches', g.add(g.matMul(batch, b), bias)],
  ['a sum that spreads the product', g.add(g.matMul(graphInput('a', [1, 3]), b), graphInput('c', [4, 5]))],
  ['a sum of more axes', g.add(product, g.constant('float32', [1, 4, 5], new Float32Array(20)))],
  ['a product of whole numbers', g.add(g.matMul(graphInput('a', [4, 3], 'int32'), graphInput('b', [3, 5], 'int32')), graphInput('c', [5], 'int32'))],
])('%s stays', (_, y) => {
  const graph = graphOf([...new Set(inputsOf(y))], { y });
  expect(fuseGemm(graph).nodes).toEqual(graph.nodes);
}); // prettier-ignore

test('what else is read stays', () => {
  const graph = graphOf([a, b], { y: g.add(product, bias), z: product });
  expect(fuseGemm(graph).nodes).toEqual(graph.nodes);
});
