import { expect, test } from 'vitest';
import * as g from '../graph/ops.js';
import { graphInput, graphOf } from '../testing/graphs.js';
import { SEED } from '../testing/parity.js';
import { print } from '../testing/print.js';
import { graphDifference } from '../testing/run-graph.js';
import { optimise } from './optimise.js';
import { ungroupChannels } from './ungroup-channels.js';

const x = graphInput('x', [2, 6, 4, 5]);
const grouped = g.reshape(x, [[2, 3, 2, 4, 5]]);

test('a group mean taken off is computed on images as they are', async () => {
  const mean = g.reduce('ReduceMean', grouped, [3, 4, 2], true);
  const graph = graphOf([x], { y: g.reshape(g.sub(grouped, mean), [[2, 6, 4, 5]]) });
  const ungrouped = optimise(ungroupChannels(graph));
  expect(print(ungrouped)).toEqual([
    '%1 = ReduceMean(x) axes=2,3 keepdims=1 [2, 6, 1, 1]',
    '%2 = Reshape(%1) [2, 3, 2, 1, 1]',
    '%3 = ReduceMean(%2) axes=2 keepdims=1 [2, 3, 1, 1, 1]',
    '%4 = Expand(%3) [2, 3, 2, 1, 1]',
    '%5 = Reshape(%4) [2, 6, 1, 1]',
    '%6 = Sub(x, %5) [2, 6, 4, 5]',
    'y: %6',
  ]);
  expect(await graphDifference(graph, ungrouped), `seed ${SEED}`).toBeLessThan(1e-6);
});

test.each([
  ['a number', []],
  ['a number a group', [2, 3, 1, 1, 1]],
  ['a number a channel of a group', [2, 1, 1]],
  ['a number a channel', [1, 3, 2, 1, 1]],
  ['an image', [4, 5]],
  ['as many images', [2, 3, 2, 4, 5]],
])('beside %s, and summed over samples or groups', async (_, shape) => {
  const other = graphInput('other', [shape]);
  const product = g.mul(other, grouped);
  const graph = graphOf([x, other], {
    sums: g.reduce('ReduceSum', product, [0, 3, 4], false),
    kept: g.reduce('ReduceMean', product, [1, 3, 4], true),
    partly: g.reduce('ReduceSum', product, [2, 3], false),
  });
  const ungrouped = ungroupChannels(graph);
  expect(ungrouped.nodes.find(({ op }) => op === 'Mul')!.output.shape).toEqual([2, 6, 4, 5]);
  expect(await graphDifference(graph, ungrouped), `seed ${SEED}`).toBeLessThan(1e-6);
});

test('what is no grouping of channels stays', () => {
  const rows = g.reshape(x, [[2, 6, 2, 2, 5]]);
  const graph = graphOf([x], { y: g.unary('Neg', rows), z: g.reduce('ReduceSum', rows, [3, 4], true) });
  expect(print(ungroupChannels(graph))).toEqual(print(graph));
});
