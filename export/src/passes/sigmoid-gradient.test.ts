import { expect, test } from 'vitest';
import * as g from '../graph/ops.js';
import { graphInput, graphOf } from '../testing/graphs.js';
import { SEED } from '../testing/parity.js';
import { print } from '../testing/print.js';
import { graphDifference } from '../testing/run-graph.js';
import { shortenSiluGradient } from './sigmoid-gradient.js';

const x = graphInput('x', [3, 4]);
const dy = graphInput('dy', [3, 4]);
const s = g.unary('Sigmoid', x);
const slope = (complement = g.sub(g.scalar(1, s), s)) => g.mul(s, complement);

test.each([false, true])(
  'dy s + dy x (s (1 - s)) takes four operators (operands swapped: %s)',
  async (swapped) => {
    const direct = swapped ? g.mul(s, dy) : g.mul(dy, s);
    const through = swapped ? g.mul(slope(), g.mul(x, dy)) : g.mul(g.mul(dy, x), slope());
    const graph = graphOf([x, dy], { dx: swapped ? g.add(through, direct) : g.add(direct, through) });
    const shorter = shortenSiluGradient(graph);
    expect(print(shorter)).toEqual([
      '%1 = Sigmoid(x) [3, 4]',
      '%2 = Mul(x, %1) [3, 4]',
      '%3 = Sub(1, %1) [3, 4]',
      '%4 = Mul(%2, %3) [3, 4]',
      '%5 = Add(%1, %4) [3, 4]',
      '%6 = Mul(dy, %5) [3, 4]',
      'dx: %6',
    ]);
    expect(await graphDifference(graph, shorter), `seed ${SEED}`).toBeLessThan(1e-6);
  },
);

test.each([
  ['a slope that is none', () => g.add(g.mul(dy, s), g.mul(g.mul(dy, x), slope(g.sub(g.scalar(2, s), s))))],
  ['another gradient in the second part', () => g.add(g.mul(dy, s), g.mul(g.mul(x, x), slope()))],
  ['a difference', () => g.sub(g.mul(dy, s), g.mul(g.mul(dy, x), slope()))],
])('%s stays', (_, make) => {
  const graph = graphOf([x, dy], { dx: make() });
  expect(print(shortenSiluGradient(graph))).toEqual(print(graph));
});
