import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, test } from 'vitest';
import type { Value } from '../graph/graph.js';
import * as g from '../graph/ops.js';
import { forFile } from '../score-model/export-function.js';
import { graphInput, graphOf } from '../testing/graphs.js';
import { exportDifference, floats } from '../testing/parity.js';
import { print } from '../testing/print.js';
import { graphDifference } from '../testing/run-graph.js';
import { trace, type TracedFunction } from '../trace/trace.js';
import { fuseLayerNorm } from './fuse-layer-norm.js';

const WIDTH = 6;
const vector = (seed: number) =>
  g.constant(
    'float32',
    [WIDTH],
    Array.from({ length: WIDTH }, (_, i) => Math.sin(seed + i)),
  );
const [scale, offset] = [vector(1), vector(2)];
const x = graphInput('x', [3, 5, WIDTH]);
const mean = (v: Value, axis = 2) => g.reduce('ReduceMean', v, [axis], true);
const deviation = (centred: Value, axis = 2) =>
  g.unary('Sqrt', g.add(mean(g.mul(centred, centred), axis), g.scalar(1e-3, centred)));
const middle = mean(x);
const centred = g.sub(x, middle);
const normal = g.mul(centred, g.unary('Reciprocal', deviation(centred)));

const fuse = (y: Value, ...more: Value[]) =>
  fuseLayerNorm(fuseLayerNorm(fuseLayerNorm(graphOf([x, ...more], { y }))));

test('from its moments, before and after', async () => {
  const graph = graphOf([x], { y: g.add(g.mul(normal, scale), offset) });
  expect(print(graph)).toEqual([
    '%1 = ReduceMean(x) axes=2 keepdims=1 [3, 5, 1]',
    '%2 = Sub(x, %1) [3, 5, 6]',
    '%3 = Mul(%2, %2) [3, 5, 6]',
    '%4 = ReduceMean(%3) axes=2 keepdims=1 [3, 5, 1]',
    '%5 = Add(%4, 0.0010000000474974513) [3, 5, 1]',
    '%6 = Sqrt(%5) [3, 5, 1]',
    '%7 = Reciprocal(%6) [3, 5, 1]',
    '%8 = Mul(%2, %7) [3, 5, 6]',
    '%9 = Mul(%8, float32[6]) [3, 5, 6]',
    '%10 = Add(%9, float32[6]) [3, 5, 6]',
    'y: %10',
  ]);
  const fused = fuse(graph.outputs[0]!.value);
  expect(fused.nodes.at(-1)!.op).toBe('LayerNormalization');
  expect(fused.nodes.map(({ op }) => op).filter((op) => op !== 'Mul')).toEqual(['LayerNormalization']);
  expect(await graphDifference(graph, fused)).toBeLessThan(2e-6);
});

test('a factor behind an offset is none that the norm takes in', async () => {
  const y = g.mul(g.add(g.mul(normal, scale), offset), scale);
  const fused = fuse(y);
  expect(fused.nodes.slice(-2).map(({ op }) => op)).toEqual(['LayerNormalization', 'Mul']);
  expect(await graphDifference(graphOf([x], { y }), fused)).toBeLessThan(2e-6);
});

const k = g.div(scale, deviation(centred));
const plainK = g.unary('Reciprocal', deviation(centred));
test.each<[string, Value]>([
  ['a quotient', g.div(centred, deviation(centred))],
  ['a scale over the deviation', g.mul(g.div(scale, deviation(centred)), centred)],
  ['as a batch norm', g.add(g.mul(x, k), g.sub(offset, g.mul(middle, k)))],
  [
    'as a batch norm without scale and offset',
    g.add(g.unary('Neg', g.mul(plainK, middle)), g.mul(plainK, x)),
  ],
  ['two offsets', g.add(g.add(normal, offset), scale)],
])('%s', async (_, y) => {
  const fused = fuse(y);
  const kinds = fused.nodes.map(({ op }) => op).filter((op) => !['Mul', 'Add'].includes(op));
  expect(kinds).toEqual(['LayerNormalization']);
  expect(await graphDifference(graphOf([x], { y }), fused)).toBeLessThan(2e-6);
});

test.each<[string, Value, boolean?]>([
  ['over another axis', g.div(g.sub(x, mean(x, 1)), deviation(g.sub(x, mean(x, 1)), 1))],
  ['of another mean', g.div(g.sub(x, mean(g.unary('Neg', x))), deviation(g.sub(x, mean(g.unary('Neg', x)))))],
  ['of what it does not centre', g.div(x, deviation(centred))],
  ['whose differences are read elsewhere', normal, true],
])('a norm %s stays', (_, y, isRead) => {
  const graph = graphOf([x], { y, ...(isRead && { z: centred }) });
  expect(fuseLayerNorm(graph).nodes.map(({ op }) => op)).toEqual(graph.nodes.map(({ op }) => op));
});

describe('of TensorFlow.js', () => {
  const byMoments: TracedFunction = ({ x }) => {
    const { mean, variance } = tf.moments(x!, -1, true);
    return { y: tf.mul(tf.sub(x!, mean), tf.rsqrt(tf.add(variance, 1e-5))) };
  };
  const layer = tf.layers.layerNormalization({
    gammaInitializer: tf.initializers.randomUniform({ minval: 0.5, maxval: 2, seed: 1 }),
    betaInitializer: tf.initializers.randomNormal({ stddev: 1, seed: 2 }),
  });
  beforeAll(async () => {
    await tf.setBackend('cpu');
    layer.apply(tf.zeros([1, 1, 12]));
  });
  test.each<[string, TracedFunction]>([
    ['moments', byMoments],
    ['a layer', ({ x }) => ({ y: layer.apply(x!) as tf.Tensor })],
  ])('%s: one operator, far from 0 as well', async (_, fn) => {
    const inputs = { x: floats(['batch', 'length', 12], 4, 5) };
    expect(forFile(trace(fn, inputs).graph).nodes.map(({ op }) => op)).toEqual(['LayerNormalization']);
    const sizes = [{ batch: 1, length: 1 }, { batch: 3, length: 7 }]; // prettier-ignore
    expect((await exportDifference(fn, inputs, sizes))['y']).toBeLessThan(2e-5);
  });
});
