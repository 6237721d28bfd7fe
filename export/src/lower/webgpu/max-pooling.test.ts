import { expect, it } from 'vitest';
import { maxPoolGradient, maxPoolWithIndices, pool, type Window } from '../../graph/operators.js';
import * as g from '../../graph/ops.js';
import { graphInput, graphOf } from '../../testing/graphs.js';
import { randomFeeds, runGraph } from '../../testing/run-graph.js';
import { distance, SEED } from '../../testing/parity.js';
import { lower } from '../lower.js';
import { portable } from '../portable/index.js';
import { webgpu } from './index.js';

const windows: [string, number[], Window][] = [
  ['tiles', [4, 6], { kernel: [2, 2], strides: [2, 2], pads: [0, 0, 0, 0], dilations: [1, 1], group: 1 }],
  ['overlapping and padded', [5, 6], { kernel: [3, 2], strides: [2, 1], pads: [1, 0, 1, 1], dilations: [1, 1], group: 1 }],
  ['dilated', [7, 8], { kernel: [2, 3], strides: [1, 2], pads: [0, 1, 0, 1], dilations: [3, 2], group: 1 }],
  ['volumes', [4, 5, 4], { kernel: [2, 3, 2], strides: [2, 1, 2], pads: [0, 1, 0, 0, 1, 0], dilations: [1, 1, 1], group: 1 }],
]; // prettier-ignore

/** Positive numbers rounded to halves, so that several elements of a window are the largest. */
const rounded = (x: ReturnType<typeof graphInput>) =>
  g.mul(g.unary('Round', g.mul(g.add(x, g.scalar(2, x)), g.scalar(4, x))), g.scalar(0.5, x));

it.each(windows)('the gradient of a largest element goes where it is, without an index: %s', async (_, size, window) => {
  const x = graphInput('x', [2, 3, ...size]);
  const y = rounded(x);
  const dy = graphInput('dy', pool('MaxPool', y, window).shapes.map((s) => [...s]));
  const graph = graphOf([x, dy], { dx: maxPoolGradient(y, dy, window) });
  const lowered = lower(graph, webgpu);
  expect(lowered.nodes.map(({ op }) => op)).not.toContain('ScatterElements');
  expect(lowered.nodes.every(({ op, outputs }) => op !== 'MaxPool' || outputs.length === 1)).toBe(true);
  const feeds = randomFeeds(graph);
  const [[expected], [found]] = [await runGraph(lower(graph, portable), feeds), await runGraph(lowered, feeds)];
  expect(found!.dims).toEqual(expected!.dims);
  expect(distance(expected!.data as Float32Array, found!.data as Float32Array), `seed ${SEED}`).toBeLessThan(1e-6);
}); // prettier-ignore

it.each(windows)('where the largest element is: %s', async (_, size, window) => {
  const x = graphInput('x', [2, 3, ...size]);
  const [largest, at] = maxPoolWithIndices(rounded(x), window);
  const graph = graphOf([x], { largest: largest!, at: at! });
  const lowered = lower(graph, webgpu);
  expect(lowered.nodes.every(({ op, outputs }) => op !== 'MaxPool' || outputs.length === 1)).toBe(true);
  const [expected, found] = [await runGraph(graph), await runGraph(lowered)];
  expect(found.map(({ data }) => data)).toEqual(expected.map(({ data }) => data));
});
