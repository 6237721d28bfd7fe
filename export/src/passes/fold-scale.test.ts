import { expect, test } from 'vitest';
import { conv, type Window } from '../graph/operators.js';
import * as g from '../graph/ops.js';
import { graphInput, graphOf } from '../testing/graphs.js';
import { graphDifference } from '../testing/run-graph.js';
import { foldScale } from './fold-scale.js';
import { optimise } from './optimise.js';

const window: Window = { kernel: [1, 1], strides: [1, 1], pads: [0, 0, 0, 0], dilations: [1, 1], group: 1 };
const x = graphInput('x', [2, 2, 4, 4]);
const w = g.constant('float32', [3, 2, 1, 1], [1, -2, 3, 0.5, -1, 2]);
const bias = g.constant('float32', [3], [1, 2, 3]);
const factor = g.constant('float32', [1, 3, 1, 1], [0.5, -2, 3]);
const ops = (graph: ReturnType<typeof graphOf>) => graph.nodes.map(({ op }) => op);

test.each([
  ['alone', g.mul(conv(x, w, window), factor)],
  ['on the left, of one with a bias', g.mul(factor, conv(x, w, window, bias))],
  [
    'and another bias, and another factor',
    g.mul(g.add(g.mul(conv(x, w, window, bias), factor), factor), factor),
  ],
])('a factor goes into the weights: %s', async (_, y) => {
  const graph = graphOf([x], { y });
  const folded = optimise(graph);
  expect(ops(folded)).toEqual(['Conv']);
  expect(await graphDifference(graph, folded)).toBeLessThan(1e-6);
});

test.each([
  [
    'it is no constant',
    [graphInput('f', [1, 3, 1, 1])],
    (f: typeof x) => ({ y: g.mul(conv(x, w, window), f) }),
  ],
  [
    'the weights are none',
    [graphInput('v', [3, 2, 1, 1])],
    (v: typeof x) => ({ y: g.mul(conv(x, v, window), factor) }),
  ],
  [
    'it is one of every pixel',
    [graphInput('f', [1, 3, 4, 4])],
    (f: typeof x) => ({ y: g.mul(conv(x, w, window), f) }),
  ],
])('a factor stays where %s', (_, [other], make) => {
  expect(ops(foldScale(graphOf([x, other!], make(other!))))).toEqual(['Conv', 'Mul']);
});

test('a factor stays where the convolution is read elsewhere', () => {
  const y = conv(x, w, window);
  expect(ops(foldScale(graphOf([x], { y: g.mul(y, factor), z: y })))).toEqual(['Conv', 'Mul']);
});
