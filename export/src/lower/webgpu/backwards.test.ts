import { expect, it } from 'vitest';
import * as g from '../../graph/ops.js';
import { graphInput, graphOf } from '../../testing/graphs.js';
import { runGraph } from '../../testing/run-graph.js';
import { lower } from '../lower.js';
import { webgpu } from './index.js';

const x = graphInput('x', [5, 4]);

it.each([
  ['from the middle', [[3, 0]], [[-1, 4]], [-1, 1]],
  ['by steps of two, along both axes', [[3, 2]], [[0, -1]], [-2, -1]],
])('a backward slice %s begins at the end of what was cut before, and is the same', async (_, ...args) => {
  const graph = graphOf([x], { y: g.slice(x, ...args) });
  const lowered = lower(graph, webgpu);
  const backward = lowered.nodes.at(-1)!;
  (backward.attrs['steps'] as number[]).forEach((step, axis) => {
    if (step < 0) expect(backward.sizes['starts']![0]![axis]).toBe(backward.inputs[0]!.shape[axis]! - 1);
  });
  const [[expected], [found]] = [await runGraph(graph), await runGraph(lowered)];
  expect(found!.dims).toEqual(expected!.dims);
  expect(found!.data).toEqual(expected!.data);
});

it.each([
  ['forward', g.slice(x, [[1, 0]], [[4, 4]], [2, 1])],
  ['from the end', g.reverse(x, [0])],
])('leaves a slice %s alone', (_, y) => {
  const graph = graphOf([x], { y });
  expect(lower(graph, webgpu).nodes).toEqual(graph.nodes);
});
