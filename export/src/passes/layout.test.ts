import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, test } from 'vitest';
import type { Graph } from '../graph/graph.js';
import * as g from '../graph/ops.js';
import { lower } from '../lower/lower.js';
import { portable } from '../lower/portable/index.js';
import { graphInput, graphOf } from '../testing/graphs.js';
import { exportDifference, floats, randomNumbers } from '../testing/parity.js';
import { print } from '../testing/print.js';
import { trace, type TracedFunction } from '../trace/trace.js';
import { matchGroups, sinkTransposes } from './layout.js';
import { optimise } from './optimise.js';

type T4 = tf.Tensor4D;
const LAST = [0, 2, 3, 1];
const FIRST = [0, 3, 1, 2];

describe('one transpose moves behind', () => {
  const x = graphInput('x', [2, 3, 4, 5]);
  const t = g.transpose(x, LAST);
  test.each<[string, ReturnType<typeof g.add>, string[]]>([
    ['an elementwise operator', g.unary('Exp', t), ['%1 = Exp(x) [2, 3, 4, 5]']],
    ['a sum with a vector', g.add(t, g.constant('float32', [3], [1, 2, 3])), [
      '%1 = Reshape(float32[3]) [1, 1, 1, 3]',
      '%2 = Transpose(%1) perm=0,3,1,2 lifted=true [1, 3, 1, 1]',
      '%3 = Add(x, %2) [2, 3, 4, 5]',
    ]],
    ['a mean that keeps its axes', g.reduce('ReduceMean', t, [1, 2], true), ['%1 = ReduceMean(x) axes=2,3 keepdims=1 [2, 3, 1, 1]']],
    ['a concat', g.concat([t, t], 3), ['%1 = Concat(x, x) axis=1 [2, 6, 4, 5]']],
    ['a slice', g.slice(t, [[0, 1, 2, 0]], [[2, 4, 5, 3]]), ['%1 = Slice(x) steps=1,1,1,1 [2, 3, 3, 3]']],
    ['a pad', g.pad(t, [[0, 1, 0, 0, 0, 0, 2, 0]]), ['%1 = Pad(x) mode=constant value=0 [2, 3, 5, 7]']],
    ['a tile', g.tile(t, [[1, 1, 1, 2]]), ['%1 = Tile(x) [2, 6, 4, 5]']],
    ['a reshape that splits the channels', g.reshape(t, [[2, 4, 5, 1, 3]]), ['%1 = Reshape(x) [2, 1, 3, 4, 5]']],
    ['a reshape that joins height and width', g.reshape(t, [[2, 20, 3]]), ['%1 = Reshape(x) [2, 3, 20]']],
  ])('%s', (_, y, lines) => {
    const printed = print(sinkTransposes(graphOf([x], { y })));
    expect(printed.slice(0, lines.length)).toEqual(lines);
    expect(printed.at(-2)).toMatch(/= Transpose/);
    expect(printed).toHaveLength(lines.length + 2);
  }); // prettier-ignore

  test('a sum that drops its axes leaves none, or only the permutation of what is left', () => {
    expect(print(sinkTransposes(graphOf([x], { y: g.reduce('ReduceSum', t, [1, 2], false) })))).toEqual([
      '%1 = ReduceSum(x) axes=2,3 keepdims=0 [2, 3]',
      'y: %1',
    ]);
  });

  test('nothing, where a reshape mixes axes that the transpose took apart', () => {
    const graph = graphOf([x], { y: g.reshape(t, [[2, 60]]) });
    expect(print(sinkTransposes(graph))).toEqual(print(graph));
  });
});

test('the axes of a reshape are grouped as finely as the sizes allow, at every witness', () => {
  const groups = (from: number[][], to: number[][]) => matchGroups(from, to)?.map(({ inAxes, outAxes }) => [inAxes, outAxes]);
  expect(groups([[2, 12, 5]], [[2, 3, 4, 5]])).toEqual([[[0], [0]], [[1], [1, 2]], [[2], [3]]]);
  expect(groups([[2, 3, 4]], [[6, 4]])).toEqual([[[0, 1], [0]], [[2], [1]]]);
  expect(groups([[3, 4], [5, 4]], [[3, 2, 2], [5, 2, 2]])).toEqual([[[0], [0]], [[1], [1, 2]]]);
  expect(groups([[6, 4], [10, 4]], [[3, 8], [5, 8]])).toEqual([[[0, 1], [0, 1]]]);
  expect(groups([[2, 3]], [[2, 3, 1]])).toEqual([[[0], [0]], [[1], [1, 2]]]);
  expect(groups([[]], [[1, 1]])).toBeUndefined();
}); // prettier-ignore

test('two layouts that meet come to rest', () => {
  const a = graphInput('a', [2, 3, 4, 5]);
  const b = graphInput('b', [2, 4, 5, 3]);
  const c = graphInput('c', [4, 5, 3, 2]);
  const sum = g.add(g.add(g.transpose(a, LAST), b), g.transpose(c, [3, 0, 1, 2]));
  const back = g.transpose(g.mul(sum, g.unary('Exp', g.transpose(a, LAST))), FIRST);
  let graph: Graph = graphOf([a, b, c], { y: g.concat([back, a], 1), z: sum });
  const seen = new Set<string>();
  for (let round = 0; round < 20; round++) {
    const text = print(graph).join('\n');
    if (seen.has(text)) break;
    seen.add(text);
    graph = optimise(graph);
  }
  expect(seen.size).toBeLessThan(4);
});

describe('a small convolutional network', () => {
  const weights: Record<string, tf.Tensor> = {};
  beforeAll(async () => {
    await tf.setBackend('cpu');
    const random = randomNumbers();
    const make = (name: string, shape: number[]) => {
      weights[name] = tf.tensor(
        Float32Array.from({ length: shape.reduce((a, b) => a * b) }, () => random() - 0.5),
        shape,
      );
    };
    make('stem', [3, 3, 2, 8]);
    make('one', [3, 3, 8, 8]);
    make('two', [3, 3, 8, 8]);
    make('down', [3, 3, 8, 8]);
    make('head', [3, 3, 16, 2]);
    make('bias', [8]);
    make('scale', [8]);
    make('level', [1, 8]);
  });

  const silu = (x: tf.Tensor) => tf.mul(x, tf.sigmoid(x));
  const conv = (x: tf.Tensor, w: tf.Tensor, stride = 1) => tf.conv2d(x as T4, w as T4, stride, 'same');
  const groupNorm = (x: tf.Tensor) => {
    const [b, h, w, c] = x.shape as [number, number, number, number];
    const groups = tf.reshape(x, [b, h, w, 2, c / 2]);
    const mean = tf.mean(groups, [1, 2, 4], true);
    const centred = tf.sub(groups, mean);
    const variance = tf.mean(tf.square(centred), [1, 2, 4], true);
    return tf.add(
      tf.mul(tf.reshape(tf.div(centred, tf.sqrt(tf.add(variance, 1e-5))), x.shape), weights['scale']!),
      weights['bias']!,
    );
  };
  /** Residual, group norm, bias, a level embedding, stride 2, upsampling, concat. */
  const network = (x: tf.Tensor, level: tf.Tensor) => {
    const stem = tf.add(conv(x, weights['stem']!), weights['bias']!);
    const embedded = tf.reshape(
      tf.matMul(level as tf.Tensor2D, weights['level'] as tf.Tensor2D),
      [-1, 1, 1, 8],
    );
    const hidden = tf.add(conv(silu(groupNorm(stem)), weights['one']!), embedded);
    const residual = tf.add(stem, conv(silu(groupNorm(hidden)), weights['two']!));
    const down = silu(conv(residual, weights['down']!, 2));
    const up = tf.image.resizeNearestNeighbor(down as T4, [6, 6]);
    return conv(tf.concat([up, residual], 3), weights['head']!);
  };
  const inputs = { x: floats(['batch', 6, 6, 2]), level: floats(['batch', 1]) };
  const transposes = (fn: TracedFunction) =>
    print(optimise(lower(optimise(trace(fn, inputs).graph), portable))).filter((l) =>
      l.includes('= Transpose'),
    );

  test('has a transpose at its input and its output and none between', async () => {
    const fn: TracedFunction = ({ x, level }) => ({ y: network(x!, level!) });
    expect(print(trace(fn, inputs).graph).filter((l) => l.includes('= Transpose')).length).toBeGreaterThan(
      12,
    );
    expect(transposes(fn)).toHaveLength(2);
    expect((await exportDifference(fn, inputs))['y']).toBeLessThan(1e-5);
  });

  test('and its gradient: the same two, and those of the input on its way back', async () => {
    const fn: TracedFunction = ({ x, level }) => ({
      dx: tf.grad((x) => tf.sum(tf.square(network(x, level!))))(x!),
    });
    expect(transposes(fn).length).toBeLessThanOrEqual(2);
    expect((await exportDifference(fn, inputs, [1]))['dx']).toBeLessThan(1e-4);
  });
});
