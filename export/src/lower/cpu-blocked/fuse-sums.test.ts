import { expect, test } from 'vitest';
import type { Graph, Value } from '../../graph/graph.js';
import { conv, type ImageWindow } from '../../graph/operators.js';
import * as g from '../../graph/ops.js';
import { optimise } from '../../passes/optimise.js';
import { graphInput, graphOf } from '../../testing/graphs.js';
import { distance, SEED } from '../../testing/parity.js';
import { randomFeeds, runGraph } from '../../testing/run-graph.js';
import { lower } from '../lower.js';
import { portable } from '../portable/index.js';
import { blockSize } from './block-size.js';
import { fuseSums } from './fuse-sums.js';
import { cpuBlocked } from './index.js';

const block = await blockSize();
const window: ImageWindow = {
  kernel: [3, 3],
  strides: [1, 1],
  pads: [1, 1, 1, 1],
  dilations: [1, 1],
  group: 1,
};
const inputs = [
  graphInput('x', [2, 32, 6, 5]),
  graphInput('w', [32, 32, 3, 3]),
  graphInput('bias', [32]),
  graphInput('perSample', [2, 32, 1, 1]),
] as const;
const [x, w, bias, perSample] = inputs;
const h = conv(x, w, window);
const k = conv(x, w, window, bias);
const y = conv(h, w, window, bias);

/** What is computed, and how many sums stay outside of a convolution. */
const cases: Record<string, [value: Value, left: number]> = {
  'an image after a convolution with a bias': [g.add(y, h), 0],
  'an image before one': [g.add(h, y), 0],
  'one without a bias': [g.add(conv(h, w, window), h), 0],
  'two of them, of which one has to be first': [g.add(conv(h, w, window), y), 0],
  'three images': [g.add(g.add(y, h), conv(g.unary('Tanh', h), w, window)), 0],
  'a convolution that is read elsewhere': [g.mul(g.add(k, g.unary('Tanh', k)), k), 1],
  'an image and itself': [g.add(y, y), 1],
  'numbers a sample': [g.add(k, perSample), 1],
};

const sums = (graph: Graph) => graph.nodes.filter(({ op }) => op === 'Add').length;

test.skipIf(block === undefined).each(Object.entries(cases))('%s', async (_, [value, left]) => {
  const used = new Set(graphOf([], { value }).nodes.flatMap((node) => node.inputs));
  const graph = graphOf(
    inputs.filter((input) => used.has(input)),
    { value },
  );
  const fused = fuseSums(optimise(lower(optimise(graph), cpuBlocked(block!))));
  expect(sums(fused)).toBe(left);
  const feeds = randomFeeds(graph);
  const [expected] = await runGraph(lower(graph, portable), feeds);
  const [found] = await runGraph(fused, feeds);
  expect(distance(expected!.data as Float32Array, found!.data as Float32Array), `seed ${SEED}`).toBeLessThan(
    2e-6,
  );
});
