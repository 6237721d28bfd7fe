import { expect, test } from 'vitest';
import type { Value } from '../graph/graph.js';
import * as g from '../graph/ops.js';
import { graphInput, graphOf } from '../testing/graphs.js';
import { graphDifference } from '../testing/run-graph.js';
import { fuseClip } from './fuse-clip.js';

const x = graphInput('x', [64]);
const max = (v: Value, bound: number) => g.binary('Max', v, g.scalar(bound, v));
const min = (v: Value, bound: number) => g.binary('Min', g.scalar(bound, v), v);
const relu = (v: Value) => g.unary('Relu', v);
const ops = (graph: ReturnType<typeof graphOf>) => graph.nodes.map(({ op }) => op);

test.each([
  ['a Max and a Min', min(max(x, -0.25), 0.5), ['Clip']],
  ['a Min and a Max', max(min(x, 0.5), -0.25), ['Clip']],
  ['a Relu within bounds', min(max(relu(x), -0.5), 0.25), ['Clip']],
  ['a Relu of a Min', relu(min(x, 0.25)), ['Clip']],
  ['two Clips', min(max(min(max(x, -0.5), 0.75), -0.25), 1), ['Clip']],
  ['a Relu of a Relu', relu(relu(x)), ['Relu']],
  ['two Max', max(max(x, 0.25), -0.5), ['Max']],
  ['bounds that cross', max(min(x, -0.5), 0.25), ['Min', 'Max']],
  ['no number', g.binary('Max', min(x, 0.5), g.unary('Neg', x)), ['Min', 'Neg', 'Max']],
])('%s', async (_, y, expected) => {
  const graph = graphOf([x], { y });
  const fused = fuseClip(graph);
  expect(ops(fused)).toEqual(expected);
  expect(await graphDifference(graph, fused)).toBe(0);
});

test('what is read between the bounds stays, and whole numbers do', () => {
  const inner = max(x, 0);
  expect(ops(fuseClip(graphOf([x], { y: min(inner, 1), z: inner })))).toEqual(['Max', 'Min']);
  const n = graphInput('n', [4], 'int32');
  expect(ops(fuseClip(graphOf([n], { y: min(max(n, 0), 1) })))).toEqual(['Max', 'Min']);
});
