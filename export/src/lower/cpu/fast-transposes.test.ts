import { expect, test } from 'vitest';
import * as g from '../../graph/ops.js';
import { product } from '../../graph/sizes.js';
import { graphInput, graphOf } from '../../testing/graphs.js';
import { SEED } from '../../testing/parity.js';
import { print } from '../../testing/print.js';
import { graphDifference } from '../../testing/run-graph.js';
import { fastTransposes } from './fast-transposes.js';

const transposeGraph = (shape: number[], perm: readonly number[]) => {
  const x = graphInput('x', shape);
  return graphOf([x], { y: g.transpose(x, perm) });
};

test.each<[string, number[], number[], string[]]>([
  [
    'axes that stay side by side are one',
    [3, 3, 4, 5],
    [2, 3, 0, 1],
    ['Reshape(x) [9, 20]', 'Transpose(%1) perm=1,0 [20, 9]', 'Reshape(%2) [4, 5, 3, 3]'],
  ],
  [
    'what ends last goes there first, and blocks after it',
    [4, 5, 3, 3],
    [2, 3, 1, 0],
    [
      'Reshape(x) [1, 4, 45]',
      'Transpose(%1) perm=0,2,1 [1, 45, 4]',
      'Reshape(%2) [5, 9, 4]',
      'Transpose(%3) perm=1,0,2 [9, 5, 4]',
      'Reshape(%4) [3, 3, 5, 4]',
    ],
  ],
])('%s', (_, shape, perm, nodes) => {
  expect(print(fastTransposes(transposeGraph(shape, perm))).slice(0, -1)).toEqual(
    nodes.map((node, i) => `%${i + 1} = ${node}`),
  );
});

test.each([
  ['one axis', [1, 2, 3, 0]],
  ['the last two axes', [0, 1, 3, 2]],
  ['blocks', [2, 1, 0, 3]],
])('a move of %s is left', (_, perm) => {
  const graph = transposeGraph([4, 5, 3, 2], perm);
  expect(fastTransposes(graph).nodes).toEqual(graph.nodes);
});

test('one of sizes that are not known is left', () => {
  const x = graphInput('x', [
    [2, 3, 4, 5],
    [7, 3, 4, 5],
  ]);
  const graph = graphOf([x], { y: g.transpose(x, [3, 1, 0, 2]) });
  expect(fastTransposes(graph).nodes).toEqual(graph.nodes);
});

function* permutations(axes: readonly number[]): Generator<number[]> {
  if (axes.length === 0) yield [];
  for (const axis of axes)
    for (const rest of permutations(axes.filter((a) => a !== axis))) yield [axis, ...rest];
}

test.each([[[2, 3, 4, 5]], [[3, 1, 2, 4]], [[2, 3, 1, 2, 5]], [[1, 1, 1, 1]]])(
  'every order of %j gives the same numbers',
  async (shape) => {
    const x = graphInput('x', shape);
    const orders = [...permutations([...shape.keys()])];
    // One after the other in one vector: a session for each of them would take long.
    const joined = g.concat(
      orders.map((perm) => g.reshape(g.transpose(x, perm), [[product(shape)]])),
      0,
    );
    const graph = graphOf([x], { y: joined });
    expect(await graphDifference(graph, fastTransposes(graph)), `seed ${SEED}`).toBe(0);
  },
);
