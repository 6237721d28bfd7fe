import { expect, test } from 'vitest';
import { conv, type Window } from '../graph/operators.js';
import * as g from '../graph/ops.js';
import { graphInput, graphOf } from '../testing/graphs.js';
import { graphDifference } from '../testing/run-graph.js';
import { foldConstants } from './constant-folding.js';
import { fuseBias } from './fuse-bias.js';

const window: Window = { kernel: [1, 1], strides: [1, 1], pads: [0, 0, 0, 0], dilations: [1, 1], group: 1 };
const x = graphInput('x', [1, 2, 4, 4]);
const bias = g.constant('float32', [1, 3, 1, 1], [0.5, -2, 3]);
const weights = g.constant('float32', [3, 2, 1, 1], [1, -2, 3, 0.5, -1, 2]);
const w = g.constant('float32', [3, 2, 1, 1], new Float32Array(6));
const ops = (graph: ReturnType<typeof graphOf>) => graph.nodes.map((n) => `${n.op}/${n.inputs.length}`);

test.each([0, 1])('a bias per channel moves into the convolution (operand %i)', (side) => {
  const y = conv(x, w, window);
  const bias = g.constant('float32', [1, 3, 1, 1], [1, 2, 3]);
  const fused = fuseBias(graphOf([x], { y: side ? g.add(bias, y) : g.add(y, bias) }));
  expect(ops(fused)).toEqual(['Reshape/1', 'Conv/3']);
  expect(fused.nodes.at(-1)!.inputs[2]!.shape).toEqual([3]);
});

test('nothing moves where the sum is no bias, or the convolution is read elsewhere', () => {
  const y = conv(x, w, window);
  const full = graphInput('b', [1, 3, 4, 4]);
  expect(ops(fuseBias(graphOf([x, full], { y: g.add(y, full) })))).toEqual(['Conv/2', 'Add/2']);
  const bias = g.constant('float32', [1, 3, 1, 1], [1, 2, 3]);
  expect(ops(fuseBias(graphOf([x], { y: g.add(y, bias), z: y })))).toEqual(['Conv/2', 'Add/2']);
});

test('a second bias is added to the first, one that is taken away with its sign turned', async () => {
  const biased = conv(x, weights, window, g.constant('float32', [3], [1, 2, 3]));
  const graph = graphOf([x], { y: g.sub(g.add(biased, bias), g.mul(bias, bias)) });
  const fused = foldConstants(fuseBias(foldConstants(graph)));
  expect(ops(fused)).toEqual(['Conv/3']);
  expect(await graphDifference(graph, fused)).toBeLessThan(1e-6);
});

test('into a transposed convolution and into one of sequences, whose bias has one axis less', async () => {
  const image = graphInput('x', [1, 2, 4, 4]);
  const kernel = g.constant(
    'float32',
    [2, 3, 2, 2],
    Array.from({ length: 24 }, (_, i) => Math.sin(i)),
  );
  const up = g.emit(
    'ConvTranspose',
    [image, kernel],
    { dtype: 'float32', shapes: [[1, 3, 8, 8]] },
    { kernel_shape: [2, 2], strides: [2, 2] },
  );
  const sequence = graphInput('s', [2, 2, 7]);
  const flat: Window = { kernel: [1], strides: [1], pads: [0, 0], dilations: [1], group: 1 };
  const along = conv(sequence, g.constant('float32', [3, 2, 1], [1, -2, 3, 0.5, -1, 2]), flat);
  for (const [x, y] of [
    [image, g.add(up, bias)],
    [sequence, g.add(g.constant('float32', [3, 1], [0.5, -2, 3]), along)],
  ] as const) {
    const graph = graphOf([x], { y });
    const fused = foldConstants(fuseBias(graph));
    expect(fused.nodes.map(({ inputs }) => inputs.length)).toEqual([3]);
    expect(await graphDifference(graph, fused)).toBeLessThan(1e-6);
  }
  // A number an element of the last axis is none a channel.
  const place = g.add(along, g.constant('float32', [7], new Float32Array(7)));
  expect(fuseBias(graphOf([sequence], { y: place })).nodes).toHaveLength(2);
});
