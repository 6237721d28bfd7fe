import { describe, expect, test } from 'vitest';
import type { Value } from '../graph/graph.js';
import * as g from '../graph/ops.js';
import { runGraph } from '../testing/run-graph.js';
import { graphInput, graphOf } from '../testing/graphs.js';
import { print } from '../testing/print.js';
import { simplify } from './simplify.js';

const x = graphInput('x', [2, 3]);
const number = (value: number) => g.constant('float32', [], [value]);
const simplified = (y: Value) => print(simplify(graphOf([x], { y })));

describe('nothing is left of', () => {
  test.each<[string, Value]>([
    ['x * 1', g.mul(x, number(1))],
    ['1 * x, the one spread', g.mul(g.expand(number(1), [[2, 3]]), x)],
    ['x + 0', g.add(x, number(0))],
    ['x - 0', g.sub(x, number(0))],
    ['x / 1', g.div(x, number(1))],
    ['x ^ 1', g.binary('Pow', x, number(1))],
    ['a transpose and its inverse', g.transpose(g.transpose(x, [1, 0]), [1, 0])],
    ['a reshape and its inverse', g.reshape(g.reshape(x, [[6]]), [[2, 3]])],
  ])('%s', (_, y) => {
    // Two rounds: the second sees what the first has left.
    const twice = simplify(simplify(graphOf([x], { y })));
    expect(print(twice)).toEqual(['y: x']);
  });
});

describe('left as it is', () => {
  test.each<[string, Value, string[]]>([
    ['0 - x', g.sub(number(0), x), ['%1 = Sub(0, x) [2, 3]', 'y: %1']],
    ['1 / x', g.div(number(1), x), ['%1 = Div(1, x) [2, 3]', 'y: %1']],
    ['x * 0', g.mul(x, number(0)), ['%1 = Mul(x, 0) [2, 3]', 'y: %1']],
    [
      'a one that makes x larger',
      g.mul(x, g.expand(number(1), [[4, 2, 3]])),
      ['%1 = Expand(x) [4, 2, 3]', 'y: %1'],
    ],
  ])('%s', (_, y, lines) => expect(simplified(y)).toEqual(lines));
});

describe('made smaller', () => {
  test('work on what was spread is done before it is spread', () => {
    const row = graphInput('x', [1, 3]);
    const y = g.unary('Exp', g.expand(row, [[5, 3]]));
    expect(print(simplify(graphOf([row], { y })))).toEqual([
      '%1 = Exp(x) [1, 3]',
      '%2 = Expand(%1) [5, 3]',
      'y: %2',
    ]);
  });

  test('what broadcasting spreads anyway is not spread first', () => {
    const row = graphInput('r', [1, 3]);
    const y = g.add(x, g.expand(row, [[2, 3]]));
    expect(print(simplify(graphOf([x, row], { y })))).toEqual(['%1 = Add(x, r) [2, 3]', 'y: %1']);
  });

  test('a tile of axes of size 1 is an expand', () => {
    const row = graphInput('r', [1, 3]);
    expect(print(simplify(graphOf([row], { y: g.tile(row, [[4, 1]]) })))).toEqual([
      '%1 = Expand(r) [4, 3]',
      'y: %1',
    ]);
    expect(print(simplify(graphOf([row], { y: g.tile(row, [[4, 2]]) })))).toEqual([
      '%1 = Tile(r) [4, 6]',
      'y: %1',
    ]);
  });

  test('a transpose that moves only axes of size 1 is a reshape', () => {
    const row = graphInput('r', [1, 3, 1, 2]);
    expect(print(simplify(graphOf([row], { y: g.transpose(row, [1, 0, 3, 2]) })))).toEqual([
      '%1 = Reshape(r) [3, 1, 2, 1]',
      'y: %1',
    ]);
  });
});

test('of two operands that were spread alike, one stays spread: the result keeps its rank', async () => {
  const [a, b] = [graphInput('a', []), graphInput('b', [])];
  const ones = [[1, 1, 1, 1]];
  const graph = graphOf([a, b], { y: g.add(g.expand(a, ones), g.expand(b, ones)) });
  const [y] = await runGraph(simplify(graph));
  expect(y!.dims).toEqual([1, 1, 1, 1]);
});
