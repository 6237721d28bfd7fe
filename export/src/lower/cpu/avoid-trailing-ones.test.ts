import { describe, expect, test } from 'vitest';
import type { Value } from '../../graph/graph.js';
import * as g from '../../graph/ops.js';
import { graphInput, graphOf } from '../../testing/graphs.js';
import { SEED } from '../../testing/parity.js';
import { print } from '../../testing/print.js';
import { graphDifference } from '../../testing/run-graph.js';
import { avoidTrailingOnes } from './avoid-trailing-ones.js';

const means = graphInput('x', [2, 6, 1, 1]);
const image = graphInput('x', [2, 6, 4, 4]);

async function changed(x: Value, y: Value): Promise<string[]> {
  const graph = graphOf([x], { y });
  const after = avoidTrailingOnes(graph);
  expect(await graphDifference(graph, after), `seed ${SEED}`).toBeLessThan(1e-6);
  return print(after).slice(0, -1);
}

describe('a number beside a tensor that ends with axes of one element', () => {
  test.each<[string, (n: Value) => Value]>([
    ['Mul', (n) => g.mul(means, n)],
    ['Sub', (n) => g.sub(n, means)],
  ])('is of its rank: %s', async (_, of) => {
    const graph = graphOf([means], { y: of(g.scalar(3, means)) });
    const after = avoidTrailingOnes(graph);
    expect(after.nodes[0]!.inputs.map(({ rank }) => rank)).toEqual([4, 4]);
    expect(await graphDifference(graph, after), `seed ${SEED}`).toBe(0);
  });

  test('is left beside any other tensor, and where it has the rank', () => {
    const ranked = g.constant('float32', [1, 1, 1, 1], [3]);
    for (const y of [g.mul(image, g.scalar(3, image)), g.mul(means, ranked)])
      expect(avoidTrailingOnes(graphOf([image, means], { y })).nodes).toEqual([y.producer]);
  });
});

describe('a reduction before axes of one element', () => {
  const grouped = g.reshape(means, [[2, 3, 2, 1, 1]]);

  test.each(['ReduceSum', 'ReduceMean', 'ReduceMax'])('%s: is one over the last axis', async (op) => {
    expect(await changed(means, g.reduce(op, grouped, [2], true))).toEqual([
      '%1 = Reshape(x) [2, 3, 2]',
      `%2 = ${op}(%1) axes=2 keepdims=1 [2, 3, 1]`,
      '%3 = Reshape(%2) [2, 3, 1, 1, 1]',
    ]);
  });

  test('without its axes in what it gives, or over several', async () => {
    expect(await changed(means, g.reduce('ReduceSum', means, [1], false))).toEqual([
      '%1 = Reshape(x) [2, 6]',
      '%2 = ReduceSum(%1) axes=1 keepdims=1 [2, 1]',
      '%3 = Reshape(%2) [2, 1, 1]',
    ]);
    expect((await changed(means, g.reduce('ReduceMean', grouped, [0, 2], true)))[0]).toBe(
      '%1 = Reshape(x) [2, 3, 2]',
    );
  });

  test('keeps the axes that it is not over', async () => {
    const x = graphInput('x', [2, 6, 1]);
    expect(await changed(x, g.reduce('ReduceSum', x, [0], true))).toEqual([
      '%1 = Reshape(x) [2, 6]',
      '%2 = ReduceSum(%1) axes=0 keepdims=1 [1, 6]',
      '%3 = Reshape(%2) [1, 6, 1]',
    ]);
  });

  test('is left where it is over the last axis, or over all', () => {
    for (const y of [
      g.reduce('ReduceMean', image, [2, 3], true),
      g.reduce('ReduceSum', means, [0, 1, 2, 3], false),
    ])
      expect(avoidTrailingOnes(graphOf([image, means], { y })).nodes).toEqual([y.producer]);
  });
});
