import { expect, test } from 'vitest';
import { conv } from '../graph/operators.js';
import * as g from '../graph/ops.js';
import { graphInput, graphOf } from '../testing/graphs.js';
import { print } from '../testing/print.js';
import { graphDifference } from '../testing/run-graph.js';
import { foldConstants } from './constant-folding.js';
import { narrowConvs } from './narrow-convs.js';
import { simplify } from './simplify.js';

const numbers = (...shape: number[]) =>
  g.constant(
    'float32',
    shape,
    Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => Math.sin(i)),
  );
const window = { kernel: [1, 3], strides: [1, 2], pads: [0, 2, 0, 1], dilations: [1, 1], group: 2 } as const;
const upright = { kernel: [3, 1], strides: [2, 1], pads: [2, 0, 1, 0], dilations: [1, 1], group: 2 } as const;
const x = graphInput('x', [2, 4, 9]);

test('an image of height 1 that a reshape made is convolved as a sequence', async () => {
  const image = g.reshape(x, [[2, 4, 1, 9]]);
  const graph = graphOf([x], {
    y: g.reshape(conv(image, numbers(6, 2, 1, 3), window, numbers(6)), [[2, 6, 5]]),
  });
  const changed = foldConstants(simplify(narrowConvs(graph)));
  expect(print(changed)).toEqual([
    '%1 = Conv(x, float32[6, 2, 3], float32[6]) kernel_shape=3 strides=2 pads=2,1 dilations=1 group=2 [2, 6, 5]',
    'y: %1',
  ]);
  expect(await graphDifference(graph, changed)).toBeLessThan(1e-6);
});

test('one of width 1 too', async () => {
  const image = g.reshape(x, [[2, 4, 9, 1]]);
  const graph = graphOf([x], { y: g.reshape(conv(image, numbers(6, 2, 3, 1), upright), [[2, 6, 5]]) });
  const changed = foldConstants(simplify(narrowConvs(graph)));
  expect(changed.nodes.map(({ op }) => op)).toEqual(['Conv']);
  expect(await graphDifference(graph, changed)).toBeLessThan(1e-6);
});

test('an image that is one stays, and one whose height 1 the filter pads', () => {
  const image = graphInput('x', [2, 4, 1, 9]);
  const plain = graphOf([image], { y: conv(image, numbers(6, 2, 1, 3), window) });
  expect(narrowConvs(plain).nodes).toEqual(plain.nodes);
  const padded = { ...window, kernel: [3, 3], pads: [1, 2, 1, 1] };
  const graph = graphOf([x], { y: conv(g.reshape(x, [[2, 4, 1, 9]]), numbers(6, 2, 3, 3), padded) });
  expect(narrowConvs(graph).nodes).toEqual(graph.nodes);
});
