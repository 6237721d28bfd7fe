import { expect, test } from 'vitest';
import type { Value } from '../graph/graph.js';
import * as g from '../graph/ops.js';
import { graphInput, graphOf } from '../testing/graphs.js';
import { SEED } from '../testing/parity.js';
import { graphDifference } from '../testing/run-graph.js';
import { combineChannelAffine } from './channel-affine.js';
import { fuseGroupVariance } from './fuse-group-variance.js';
import { optimise } from './optimise.js';
import { ungroupChannels } from './ungroup-channels.js';

const x = graphInput('x', [2, 6, 3, 5]);
const z = graphInput('z', [2, 6, 3, 5]);
const perChannel = graphInput('perChannel', [1, 6, 1, 1]);
const inputs = [x, z, perChannel];
const grouped = (image: Value) => g.reshape(image, [[2, 3, 2, 3, 5]]);
const mean = (v: Value, axes: readonly number[] = [2, 3, 4]) => g.reduce('ReduceMean', v, axes, true);
const square = (v: Value) => g.mul(v, v);

/** The mean square of the groups around `around`, or what that makes of the groups. */
function variance(image: Value, around: (group: Value) => Value = mean, axes = [2, 3, 4]): Value {
  const group = grouped(image);
  return mean(square(g.sub(group, around(group))), axes);
}
const ops = (y: Value) => fuseGroupVariance(graphOf(inputs, { y })).nodes.map(({ op }) => op);

test('the variance of a group norm is one operator, whatever the order of the axes', async () => {
  const group = grouped(x);
  const y = mean(square(g.sub(group, mean(group, [3, 4, 2]))), [4, 2, 3]);
  expect(ops(y)).toEqual(['GroupVariance']);
  const graph = graphOf(inputs, { y });
  expect(await graphDifference(graph, fuseGroupVariance(graph)), `seed ${SEED}`).toBeLessThan(1e-6);
});

test('then nothing of the image is written but what is left in the end', async () => {
  const image = g.add(x, perChannel);
  const group = grouped(image);
  const centred = g.sub(group, mean(group));
  const rest = g.unary('Sqrt', g.add(mean(square(centred)), g.scalar(1e-5, x)));
  const y = g.unary('Tanh', g.add(g.mul(g.reshape(g.div(centred, rest), x.shapes), perChannel), perChannel));
  const graph = graphOf(inputs, { y });
  const fused = optimise(combineChannelAffine(optimise(ungroupChannels(fuseGroupVariance(optimise(graph))))));
  const large = fused.nodes.filter(({ output }) => output.shape.join() === x.shape.join());
  expect(large.map(({ op }) => op)).toEqual(['ChannelAffine', 'Tanh']);
  // Of the image that the function was given, with the offset beside it.
  expect(fused.nodes.find(({ op }) => op === 'GroupVariance')!.inputs[0]).toBe(x);
  expect(await graphDifference(graph, fused), `seed ${SEED}`).toBeLessThan(1e-5);
});

test('one after the other', async () => {
  const graph = graphOf(inputs, {
    y: variance(g.mul(z, g.reshape(g.expand(variance(x), [[2, 3, 2, 3, 5]]), x.shapes))),
  });
  const fused = fuseGroupVariance(graph);
  expect(fused.nodes.filter(({ op }) => op === 'GroupVariance').length).toBe(2);
  expect(await graphDifference(graph, fused), `seed ${SEED}`).toBeLessThan(1e-6);
});

const uses = (centred: Value) =>
  g.add(mean(square(centred)), mean(g.mul(centred, g.mul(centred, grouped(z)))));

test.each<[string, Value]>([
  ['around the mean of another image', variance(x, () => mean(grouped(z)))],
  ['around what is no mean', variance(x, (group) => g.reduce('ReduceMax', group, [2, 3, 4], true))],
  ['around the mean of rows', variance(x, (group) => mean(group, [4]))],
  ['over rows', variance(x, mean, [4])],
  ['of a product', ((v) => mean(g.mul(g.sub(v, mean(v)), grouped(z))))(grouped(x))],
  ['around which a gradient looks too', ((v) => uses(g.sub(v, mean(v))))(grouped(x))],
  ['of what is no image', ((v) => mean(square(g.sub(v, mean(v)))))(graphInput('v', [2, 3, 2, 3, 5]))],
])('a mean %s is left as it is', (_, y) => {
  expect(ops(y)).not.toContain('GroupVariance');
});
