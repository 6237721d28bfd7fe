import { expect, test } from 'vitest';
import * as g from '../graph/ops.js';
import { graphInput, graphOf } from '../testing/graphs.js';
import { print } from '../testing/print.js';
import { graphDifference } from '../testing/run-graph.js';
import { fuseDepthToSpace } from './fuse-depth-to-space.js';

const x = graphInput('x', [
  [2, 12, 4, 5],
  [3, 12, 4, 5],
]);

/** `x` as blocks of six axes, those in another order, and them joined. */
const graphFor = (blocks: number[], perm: number[], joined: number[]) => {
  const sized = (rest: number[]) => [2, 3].map((n) => [n, ...rest]);
  const y = g.reshape(g.transpose(g.reshape(x, sized(blocks)), perm), sized(joined));
  return graphOf([x], { y });
};

test.each([
  ['DCR', [2, 2, 3, 4, 5], [0, 3, 4, 1, 5, 2]],
  ['CRD', [3, 2, 2, 4, 5], [0, 1, 4, 2, 5, 3]],
])('blocks of channels become pixels, channels first, as %s', async (mode, blocks, perm) => {
  const graph = graphFor(blocks, perm, [3, 8, 10]);
  expect(print(graph)).toHaveLength(4);
  const changed = fuseDepthToSpace(graph);
  expect(print(changed)).toEqual([`%1 = DepthToSpace(x) blocksize=2 mode=${mode} [NaN, 3, 8, 10]`, 'y: %1']);
  expect(await graphDifference(graph, changed)).toBe(0);
});

test('with the axes in another order, or joined further', async () => {
  const last = graphFor([2, 2, 3, 4, 5], [0, 4, 1, 5, 2, 3], [8, 10, 3]);
  const flat = graphFor([3, 2, 2, 4, 5], [0, 5, 3, 4, 2, 1], [10, 24]);
  const [lastChanged, flatChanged] = [fuseDepthToSpace(last), fuseDepthToSpace(flat)];
  expect(print(lastChanged)).toEqual([
    '%1 = DepthToSpace(x) blocksize=2 mode=DCR [NaN, 3, 8, 10]',
    '%2 = Transpose(%1) perm=0,2,3,1 [NaN, 8, 10, 3]',
    'y: %2',
  ]);
  expect(print(flatChanged)).toEqual([
    '%1 = DepthToSpace(x) blocksize=2 mode=CRD [NaN, 3, 8, 10]',
    '%2 = Transpose(%1) perm=0,3,2,1 [NaN, 10, 8, 3]',
    '%3 = Reshape(%2) [NaN, 10, 24]',
    'y: %3',
  ]);
  expect(await graphDifference(last, lastChanged)).toBe(0);
  expect(await graphDifference(flat, flatChanged)).toBe(0);
});

test.each([
  ['rows and columns of blocks that change places', [2, 2, 3, 4, 5], [0, 3, 4, 2, 5, 1], [3, 8, 10]],
  ['blocks that are no squares', [4, 1, 3, 4, 5], [0, 3, 4, 1, 5, 2], [3, 16, 5]],
  ['axes that are apart', [2, 2, 3, 4, 5], [0, 3, 1, 4, 5, 2], [3, 8, 10]],
])('%s stay', (_, blocks, perm, joined) => {
  const graph = graphFor(blocks, perm, joined);
  expect(fuseDepthToSpace(graph).nodes).toEqual(graph.nodes);
});

test('what is read between stays', () => {
  const blocks = g.reshape(x, [2, 3].map((n) => [n, 2, 2, 3, 4, 5])); // prettier-ignore
  const turned = g.transpose(blocks, [0, 3, 4, 1, 5, 2]);
  const graph = graphOf([x], { y: g.reshape(turned, [2, 3].map((n) => [n, 3, 8, 10])), turned }); // prettier-ignore
  expect(fuseDepthToSpace(graph).nodes).toEqual(graph.nodes);
});
