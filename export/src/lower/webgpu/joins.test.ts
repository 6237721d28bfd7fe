import { expect, it } from 'vitest';
import type { Graph } from '../../graph/graph.js';
import * as g from '../../graph/ops.js';
import { graphInput, graphOf } from '../../testing/graphs.js';
import { runGraph } from '../../testing/run-graph.js';
import { lower } from '../lower.js';
import { webgpu } from './index.js';

const PARTS = 45;

/** Splits x into parts of 1, 2, 3, 1, 2, 3 ... rows and joins them again the other way round. */
function reversedParts(): Graph {
  const sizes = Array.from({ length: PARTS }, (_, i) => 1 + (i % 3));
  const x = graphInput('x', [sizes.reduce((sum, n) => sum + n, 0), 2]);
  return graphOf([x], { y: g.concat(g.split(x, [sizes], 0).reverse(), 0) });
}

it('takes apart what a shader cannot bind, and computes the same', async () => {
  const graph = reversedParts();
  const lowered = lower(graph, webgpu);
  for (const { op, inputs, outputs } of lowered.nodes) {
    expect(inputs.length + outputs.length, op).toBeLessThanOrEqual(7);
  }
  const [[expected], [found]] = [await runGraph(graph), await runGraph(lowered)];
  expect(found!.data).toEqual(expected!.data);
});

it('leaves a short split and a short concatenation alone', () => {
  const x = graphInput('x', [6]);
  const y = g.concat(g.split(x, [[1, 2, 3]], 0).reverse(), 0);
  const graph = graphOf([x], { y });
  expect(lower(graph, webgpu).nodes).toEqual(graph.nodes);
});
