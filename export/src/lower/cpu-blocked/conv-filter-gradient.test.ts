import { describe, expect, test } from 'vitest';
import type { Graph } from '../../graph/graph.js';
import { convFilterGradient, type ImageWindow } from '../../graph/operators.js';
import { product } from '../../graph/sizes.js';
import { graphInput, graphOf } from '../../testing/graphs.js';
import { distance } from '../../testing/parity.js';
import { randomFeeds, runGraph } from '../../testing/run-graph.js';
import { lower } from '../lower.js';
import { portable } from '../portable/index.js';
import { blockSize } from './block-size.js';
import { cpuBlocked } from './index.js';

interface Shape {
  batch: number;
  from: number;
  to: number;
  kernel: number;
  stride: number;
  /** Of columns, where it is another than that of rows. */
  columnStride?: number;
  size: readonly [number, number];
  pads: ImageWindow['pads'];
}

function gradientGraph({ batch, from, to, kernel, stride, columnStride = stride, size, pads }: Shape): Graph {
  const strides = [stride, columnStride] as const;
  const [top, left, bottom, right] = pads;
  const out = [top + bottom, left + right].map(
    (pad, i) => Math.floor((size[i]! + pad - kernel) / strides[i]!) + 1,
  );
  const window: ImageWindow = {
    kernel: [kernel, kernel],
    strides,
    pads,
    dilations: [1, 1],
    group: 1,
  };
  const x = graphInput('x', [batch, from, ...size]);
  const dy = graphInput('dy', [batch, to, ...out]);
  const value = convFilterGradient(x, dy, window, [to, from, kernel, kernel]);
  return graphOf([x, dy], { dw: value });
}

const isBlocked = ({ nodes }: Graph) => nodes.some(({ op }) => op.startsWith('com.microsoft'));

const same = (kernel: number): ImageWindow['pads'] => {
  const p = (kernel - 1) / 2;
  return [p, p, p, p];
};

const SHAPES: Shape[] = [];
for (const kernel of [1, 3, 5])
  for (const stride of [1, 2])
    for (const [from, to] of [
      [16, 32],
      [32, 16],
      [3, 16],
      [16, 5],
      [24, 48],
    ] as const)
      // prettier-ignore
      SHAPES.push({ batch: 16, from, to, kernel, stride, size: [7, 6], pads: same(kernel) });
const base: Shape = { batch: 32, from: 16, to: 16, kernel: 3, stride: 2, size: [8, 9], pads: [0, 1, 1, 0] };
SHAPES.push(
  base,
  { ...base, stride: 1, pads: [0, 0, 0, 0] },
  { ...base, stride: 1, pads: [2, 0, 1, 2] },
  { ...base, batch: 17 },
  { ...base, stride: 1, columnStride: 2 },
  { ...base, from: 32, columnStride: 1 },
  // Padded differently on each side where the other way round is better, and by more than it could be taken.
  { ...base, from: 32, stride: 1, pads: [2, 0, 1, 2] },
  { ...base, from: 32, stride: 1, kernel: 1, pads: [1, 0, 2, 1] },
  // Less than a block, a whole one of 8 or 16, and more, which is taken in parts of different sizes.
  ...[1, 4, 8, 13, 24].flatMap((batch) => [
    { ...base, batch },
    { ...base, batch, size: [9, 8] as const },
    { ...base, batch, stride: 1, size: [7, 6] as const, pads: same(3) },
    { ...base, batch, stride: 1, size: [8, 6] as const, pads: [2, 0, 1, 2] as const },
    { ...base, batch, stride: 1, kernel: 1, from: 32, size: [7, 7] as const, pads: same(1) },
  ]),
  // One of the two is more than the cache takes, with blocks of 16.
  { batch: 16, from: 32, to: 64, kernel: 3, stride: 1, size: [21, 20], pads: same(3) },
  { batch: 16, from: 64, to: 32, kernel: 3, stride: 1, size: [21, 20], pads: same(3) },
  { batch: 16, from: 64, to: 32, kernel: 1, stride: 1, size: [21, 20], pads: same(1) },
  // Of dY the cache takes two samples at once.
  { ...base, batch: 5, to: 64, stride: 1, size: [48, 48], pads: [1, 1, 1, 1] },
);

describe('the filter gradient in blocked convolutions is the portable one', () => {
  test.each(SHAPES)('%j', async (shape) => {
    const block = await blockSize();
    // Where the processor has no blocked layout there is nothing to compare, and nothing that uses it.
    if (block === undefined) return;
    const graph = gradientGraph(shape);
    const feeds = randomFeeds(graph);
    const forms = [lower(graph, portable), lower(graph, cpuBlocked(block))] as const;
    const [[expected], [found]] = [await runGraph(forms[0], feeds), await runGraph(forms[1], feeds)];
    expect(found!.dims).toEqual(expected!.dims);
    expect(distance(expected!.data as Float32Array, found!.data as Float32Array)).toBeLessThan(1e-5);
    const fits =
      shape.to % block === 0 ||
      (shape.stride === 1 && shape.columnStride === undefined && shape.from % block === 0);
    expect(isBlocked(forms[1])).toBe(fits);
    expect(isBlocked(forms[0])).toBe(false);
  });
});

test.each([
  [32, 64],
  [64, 32],
])(
  'from %d to %d channels, the filter is the image with more, in parts that the cache takes',
  async (from, to) => {
    const block = await blockSize();
    if (block === undefined) return;
    const graph = gradientGraph({ batch: 5, from, to, kernel: 3, stride: 1, size: [48, 48], pads: same(3) });
    const filters = lower(graph, cpuBlocked(block)).nodes.flatMap(({ op, inputs }) =>
      op === 'com.microsoft.nchwc:Conv' ? [inputs[1]!] : [],
    );
    expect(filters.length).toBeGreaterThan(0);
    for (const { shape } of filters) {
      expect(shape[0]).toBe(64);
      expect(4 * product(shape)).toBeLessThan(1.7e6);
    }
  },
);
