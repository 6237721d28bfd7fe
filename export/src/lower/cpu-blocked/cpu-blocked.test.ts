import { expect, test } from 'vitest';
import type { Graph, Value } from '../../graph/graph.js';
import {
  averagePoolGradient,
  channelAffine,
  conv,
  convFilterGradient,
  convInputGradient,
  groupVariance,
  pool,
  resize,
  type ImageWindow,
} from '../../graph/operators.js';
import * as g from '../../graph/ops.js';
import { optimise } from '../../passes/optimise.js';
import { graphInput, graphOf } from '../../testing/graphs.js';
import { distance, SEED } from '../../testing/parity.js';
import { randomFeeds, runGraph } from '../../testing/run-graph.js';
import { lower } from '../lower.js';
import { portable } from '../portable/index.js';
import { blockSize } from './block-size.js';
import { cpuBlocked } from './index.js';

const block = await blockSize();
const window = (size: number, stride = 1, pad = (size - 1) / 2): ImageWindow => ({
  kernel: [size, size],
  strides: [stride, stride],
  pads: [pad, pad, pad, pad],
  dilations: [1, 1],
  group: 1,
});

const x = graphInput('x', [2, 32, 6, 5]);
const thin = graphInput('thin', [2, 3, 6, 5]);
const w = graphInput('w', [32, 32, 3, 3]);
const bias = graphInput('bias', [32]);
const perSample = graphInput('perSample', [2, 32, 1, 1]);
const perChannel = graphInput('perChannel', [1, 32, 1, 1]);
const h = conv(x, w, window(3));
const k = conv(thin, graphInput('stem', [32, 3, 3, 3]), window(3), bias);
const sums = (v: Value) => g.reduce('ReduceSum', v, [2, 3], true);
const nearest = { mode: 'nearest', alignCorners: false, halfPixelCenters: false } as const;

/** What is computed, and how many images are brought into the layout and out of it on the way. */
const cases: Record<string, [y: Value, into: number, outOf: number]> = {
  'a convolution': [h, 1, 1],
  'two in a row': [conv(h, graphInput('v', [64, 32, 1, 1]), window(1), graphInput('c', [64])), 1, 1],
  'of stride 2': [conv(h, w, window(3, 2)), 1, 1],
  'from fewer channels than a block': [k, 0, 1],
  'to channels that do not fill one': [conv(h, graphInput('out', [5, 32, 3, 3]), window(3), graphInput('c', [5])), 1, 1],
  'the gradient of its input': [convInputGradient(h, w, window(3), [[2, 32, 6, 5]]), 1, 1],
  'operators by element': [g.sub(g.scalar(1, h), g.mul(g.unary('Sigmoid', h), g.add(k, h))), 1, 1],
  'beside an image from elsewhere': [g.add(g.unary('Tanh', x), h), 2, 1],
  'numbers a channel': [channelAffine([{ base: h, factor: perSample }], perChannel), 1, 1],
  'an offset alone': [channelAffine([{ base: h }], perSample), 1, 1],
  'two images': [channelAffine([{ base: h, factor: perChannel }, { base: k, factor: perSample }], perChannel), 1, 1],
  'one of them as it is': [channelAffine([{ base: h }, { base: k, factor: g.scalar(-2, h) }]), 1, 1],
  'sums over an image': [sums(h), 1, 0],
  'means over an image': [g.reduce('ReduceMean', h, [3, 2], true), 1, 0],
  'sums over a product': [sums(g.mul(h, k)), 1, 0],
  'means over a square': [g.reduce('ReduceMean', g.mul(h, h), [2, 3], true), 1, 0],
  'variances of groups': [groupVariance(h, 8), 1, 0],
  'variances of groups, moved by numbers a channel': [groupVariance(h, 8, perSample), 1, 0],
  'variances of groups, moved by one number': [groupVariance(h, 8, g.scalar(2, h)), 1, 0],
  'channels joined': [g.unary('Tanh', g.concat([h, k], 1)), 1, 1],
  'channels parted': [g.mul(...(g.split(g.unary('Tanh', g.concat([h, k], 1)), [[32, 32]], 1) as [Value, Value])), 1, 1],
  'pixels repeated': [resize(h, [[12, 10]], nearest), 1, 1],
  'pixels averaged': [pool('AveragePool', conv(x, w, window(3), bias), window(2, 2, 0)), 1, 1],
}; // prettier-ignore

const volume = graphInput('volume', [16, 16, 3, 4, 5]);
const cube = {
  kernel: [3, 3, 3],
  strides: [2, 2, 2],
  pads: [1, 1, 1, 1, 1, 1],
  dilations: [1, 1, 1],
  group: 1,
};
const cubes = graphInput('cubes', [32, 16, 3, 3, 3]);
const v = conv(volume, cubes, cube);

const reorders = (graph: Graph, name: string) =>
  graph.nodes.filter(({ op }) => op === `com.microsoft.nchwc:${name}`).length;

async function compare(y: Value): Promise<{ difference: number; blocked: Graph }> {
  const inputs = [x, thin, w, bias, perSample, perChannel];
  const used = new Set(graphOf([], { y }).nodes.flatMap((node) => node.inputs));
  const more = [...used].filter((v) => v.name !== undefined && !inputs.includes(v));
  const graph = graphOf([...inputs.filter((v) => used.has(v)), ...more], { y });
  const blocked = optimise(lower(optimise(graph), cpuBlocked(block!)));
  const feeds = randomFeeds(graph);
  const [expected] = await runGraph(lower(graph, portable), feeds);
  const [found] = await runGraph(blocked, feeds);
  expect(found!.dims).toEqual(expected!.dims);
  return {
    difference: distance(expected!.data as Float32Array, found!.data as Float32Array),
    blocked,
  };
}

// Where the processor has no blocked layout there is nothing to compare, and nothing that uses it.
const whereBlocked = test.skipIf(block === undefined);

whereBlocked.each(Object.entries(cases))('%s stays in the layout', async (_, [y, into, outOf]) => {
  const { difference, blocked } = await compare(y);
  expect(difference, `seed ${SEED}`).toBeLessThan(1e-5);
  expect([reorders(blocked, 'ReorderInput'), reorders(blocked, 'ReorderOutput')]).toEqual([into, outOf]);
});

whereBlocked.each<[string, Value]>([
  ['a variance of an image from elsewhere', groupVariance(x, 8, perChannel)],
  ['grouped', conv(x, graphInput('groups', [32, 16, 3, 3]), { ...window(3), group: 2 })],
  ['a transpose', g.transpose(h, [0, 2, 3, 1])],
  ['a row a channel', g.mul(h, graphInput('row', [1, 32, 6, 1]))],
  ['spread over samples', g.add(h, graphInput('more', [2, 32, 6, 5]))],
  ['a sum over samples', g.reduce('ReduceSum', h, [0, 2, 3], false)],
  ['a pool with padding', pool('AveragePool', h, window(3, 2, 1))],
  ['the gradient of a pool', averagePoolGradient(pool('AveragePool', h, window(2, 2, 0)), window(2, 2, 0), [[2, 32, 6, 5]])],
  ['bilinear', resize(h, [[12, 10]], { ...nearest, mode: 'linear' })],
  ['channels that are no block', g.split(h, [[8, 24]], 1)[0]!],
  ['joined with what is no block', g.concat([h, thin], 1)],
  ['volumes', g.reduce('ReduceSum', v, [2, 3, 4], true)],
  ['the gradient of volumes', convInputGradient(v, cubes, cube, volume.shapes)],
  ['the gradient of their filter', convFilterGradient(volume, v, cube, cubes.shape)],
])('%s comes out right, in whatever layout', async (_, y) => {
  expect((await compare(y)).difference, `seed ${SEED}`).toBeLessThan(1e-5);
}); // prettier-ignore
