import { describe, expect, test } from 'vitest';
import type { Value } from '../graph/graph.js';
import * as g from '../graph/ops.js';
import { graphInput, graphOf } from '../testing/graphs.js';
import { print } from '../testing/print.js';
import { graphDifference } from '../testing/run-graph.js';
import { foldConstants } from './constant-folding.js';
import { simplify } from './simplify.js';
import { sinkReshapes } from './sink-reshapes.js';

const numbers = (...shape: number[]) =>
  g.constant(
    'float32',
    shape,
    Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => Math.sin(i)),
  );
const x = graphInput('x', [2, 3, 4]);

test('reshapes meet behind what is between them', async () => {
  const joined = g.reshape(x, [[1, 6, 4]]);
  const swish = g.mul(joined, g.unary('Sigmoid', joined));
  const graph = graphOf([x], { y: g.reshape(g.add(swish, numbers(4)), [[2, 3, 4]]) });
  const changed = simplify(sinkReshapes(graph));
  expect(print(changed)).toEqual([
    '%1 = Sigmoid(x) [2, 3, 4]',
    '%2 = Mul(x, %1) [2, 3, 4]',
    '%3 = Add(%2, float32[4]) [2, 3, 4]',
    'y: %3',
  ]);
  expect(await graphDifference(graph, changed)).toBe(0);
});

/** Whether a reshape of x moves behind a sum with another operand, and the numbers stay. */
async function moves(to: number[], other: Value, from = x): Promise<boolean> {
  const inputs = other.data || other.producer ? [from] : [from, other];
  const graph = graphOf(inputs, { y: g.add(other, g.reshape(from, [to])) });
  const changed = foldConstants(sinkReshapes(graph));
  expect(await graphDifference(graph, changed)).toBe(0);
  return changed.nodes.at(-1)!.op === 'Reshape';
}

describe('a reshape', () => {
  const sequence = graphInput('x', [2, 3, 1, 4]);
  test.each<[string, number[], Value, Value?]>([
    ['that joins leading axes, by a number', [6, 4], g.constant('float32', [], [2])],
    ['by a row', [6, 4], numbers(1, 4)],
    ['by a number a row', [6, 4], numbers(6, 1)],
    ['by all numbers', [6, 4], numbers(6, 4)],
    ['that adds an axis, by a number a row that is not constant', [1, 2, 3, 4], graphInput('r', [3, 1])],
    ['that drops an axis, by a number a channel', [2, 3, 4], numbers(3, 1), sequence],
    ['that drops an axis, by one a sample and place', [2, 3, 4], numbers(2, 1, 4), sequence],
  ])('%s: moves', async (_, to, other, from = x) => expect(await moves(to, other, from)).toBe(true));

  test.each<[string, number[], Value, Value?]>([
    ['that joins others than the leading axes', [2, 12], g.constant('float32', [], [2])],
    ['that joins leading axes, by half of what they were', [6, 4], graphInput('r', [6, 1])],
    ['that spreads', [1, 2, 3, 4], graphInput('r', [5, 2, 3, 4])],
    ['that drops an axis, by numbers that are not there', [2, 3, 4], graphInput('r', [3, 1]), sequence],
  ])('%s: stays', async (_, to, other, from = x) => expect(await moves(to, other, from)).toBe(false));
});

test('indices are gathered in rows', async () => {
  const ids = g.constant('int32', [2, 3], [0, 1, 4, 3, 2, 1]);
  const words = graphInput('x', [5, 4]);
  const graph = graphOf([words], { y: g.reshape(g.gather(words, g.reshape(ids, [[6]]), 0), [[2, 3, 4]]) });
  const changed = simplify(sinkReshapes(graph));
  expect(print(changed)).toEqual(['%1 = Gather(x, int32[2, 3]) axis=0 [2, 3, 4]', 'y: %1']);
  expect(await graphDifference(graph, changed)).toBe(0);
});
