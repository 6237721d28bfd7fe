import { createSession } from '@scorebridge/runtime';
import { Tensor } from 'onnxruntime-common';
import { describe, expect, test } from 'vitest';
import { Value, topological, type Graph } from '../../graph/graph.js';
import { convFilterGradient, type Window } from '../../graph/operators.js';
import { writeOnnx } from '../../onnx/write.js';
import { distance, randomNumbers } from '../../testing/parity.js';
import { lower, type Lowering } from '../lower.js';
import { portable } from '../portable/index.js';
import { blockSize } from './block-size.js';
import { cpuBlocked } from './index.js';

interface Shape {
  batch: number;
  from: number;
  to: number;
  kernel: number;
  stride: number;
  size: readonly [number, number];
  pads: Window['pads'];
}

const input = (name: string, shape: number[]) => {
  const value = new Value('float32', [shape]);
  value.name = name;
  return value;
};

function gradientGraph({ batch, from, to, kernel, stride, size, pads }: Shape): Graph {
  const [top, left, bottom, right] = pads;
  const out = [top + bottom, left + right].map(
    (pad, i) => Math.floor((size[i]! + pad - kernel) / stride) + 1,
  );
  const window: Window = {
    kernel: [kernel, kernel],
    strides: [stride, stride],
    pads,
    dilations: [1, 1],
    group: 1,
  };
  const x = input('x', [batch, from, ...size]);
  const dy = input('dy', [batch, to, ...out]);
  const value = convFilterGradient(x, dy, window, [to, from, kernel, kernel]);
  return { inputs: [x, dy], outputs: [{ name: 'dw', value }], nodes: topological([value]) };
}

async function run(graph: Graph, lowering: Lowering, feeds: Record<string, Tensor>) {
  const lowered = lower(graph, lowering);
  const { session } = await createSession(writeOnnx(lowered).model, { provider: 'cpu' });
  const { dw } = await session.run(feeds);
  await session.release();
  return { dw: dw!, blocked: lowered.nodes.some(({ op }) => op.startsWith('com.microsoft')) };
}

const same = (kernel: number): Window['pads'] => {
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
  { ...base, batch: 1 },
  // dY is more than the cache takes at once.
  { ...base, batch: 96, to: 64, stride: 1, size: [14, 14], pads: [1, 1, 1, 1] },
);

describe('the filter gradient in blocked convolutions is the portable one', () => {
  test.each(SHAPES)('%j', async (shape) => {
    const block = await blockSize();
    // Where the processor has no blocked layout there is nothing to compare, and nothing that uses it.
    if (block === undefined) return;
    const graph = gradientGraph(shape);
    const random = randomNumbers();
    const feeds = Object.fromEntries(
      graph.inputs.map((value) => {
        const size = value.shape.reduce((a, b) => a * b);
        return [
          value.name!,
          new Tensor(
            'float32',
            Float32Array.from({ length: size }, () => random() - 0.5),
            value.shape,
          ),
        ];
      }),
    );
    const expected = await run(graph, portable, feeds);
    const found = await run(graph, cpuBlocked(block), feeds);
    expect(found.dw.dims).toEqual(expected.dw.dims);
    expect(distance(expected.dw.data as Float32Array, found.dw.data as Float32Array)).toBeLessThan(1e-5);
    const fits =
      shape.batch % block === 0 &&
      (shape.to % block === 0 || (shape.stride === 1 && shape.from % block === 0));
    expect(found.blocked).toBe(fits);
    expect(expected.blocked).toBe(false);
  });
});
