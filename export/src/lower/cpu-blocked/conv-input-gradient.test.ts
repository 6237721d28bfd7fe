import { describe, expect, test } from 'vitest';
import type { Graph } from '../../graph/graph.js';
import { convInputGradient, type ImageWindow } from '../../graph/operators.js';
import { graphInput, graphOf } from '../../testing/graphs.js';
import { distance, SEED } from '../../testing/parity.js';
import { randomFeeds, runGraph } from '../../testing/run-graph.js';
import { lower } from '../lower.js';
import { portable } from '../portable/index.js';
import { blockSize } from './block-size.js';
import { cpuBlocked } from './index.js';

interface Shape {
  kernel: ImageWindow['kernel'];
  pads: ImageWindow['pads'];
  /** Height and width of what the convolution sees. */
  size: readonly [number, number];
}

function gradientGraph({ kernel, pads, size }: Shape, block: number): Graph {
  const [top, left, bottom, right] = pads;
  const out = [top + bottom, left + right].map((pad, i) => Math.floor((size[i]! + pad - kernel[i]!) / 2) + 1);
  const dy = graphInput('dy', [3, 2 * block, ...out]);
  const w = graphInput('w', [2 * block, block, ...kernel]);
  const window: ImageWindow = { kernel, strides: [2, 2], pads, dilations: [1, 1], group: 1 };
  return graphOf([dy, w], { dx: convInputGradient(dy, w, window, [[3, block, ...size]]) });
}

const block = await blockSize();

describe.skipIf(block === undefined)('with stride 2, as four convolutions', () => {
  test.each<Shape>([
    { kernel: [4, 4], pads: [1, 1, 1, 1], size: [6, 10] },
    { kernel: [3, 3], pads: [0, 0, 1, 1], size: [8, 6] },
    { kernel: [3, 3], pads: [1, 1, 1, 1], size: [8, 6] },
    { kernel: [2, 2], pads: [0, 0, 0, 0], size: [8, 6] },
    { kernel: [5, 3], pads: [1, 0, 2, 1], size: [6, 8] },
  ])('%o', async (shape) => {
    const graph = gradientGraph(shape, block!);
    const blocked = lower(graph, cpuBlocked(block!));
    expect(blocked.nodes.map(({ op }) => op)).not.toContain('ConvTranspose');
    const feeds = randomFeeds(graph);
    const [expected] = await runGraph(lower(graph, portable), feeds);
    const [found] = await runGraph(blocked, feeds);
    expect(found!.dims).toEqual(expected!.dims);
    const error = distance(expected!.data as Float32Array, found!.data as Float32Array);
    expect(error, `seed ${SEED}`).toBeLessThan(2e-6);
  });

  test.each<[string, Shape]>([
    ['an odd number of rows', { kernel: [3, 3], pads: [1, 1, 1, 1], size: [7, 6] }],
    ['a filter of one tap', { kernel: [1, 1], pads: [0, 0, 0, 0], size: [8, 6] }],
  ])('%s is left to the portable form', (_, shape) => {
    const { nodes } = lower(gradientGraph(shape, block!), cpuBlocked(block!));
    expect(nodes.map(({ op }) => op)).toContain('ConvTranspose');
  });
});
