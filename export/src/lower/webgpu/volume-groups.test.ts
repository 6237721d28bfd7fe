import { expect, it } from 'vitest';
import { conv } from '../../graph/operators.js';
import { graphInput, graphOf } from '../../testing/graphs.js';
import { graphDifference } from '../../testing/run-graph.js';
import { SEED } from '../../testing/parity.js';
import { lower } from '../lower.js';
import { webgpu } from './index.js';

const graph = (size: number[], group: number) => {
  const kernel = size.map(() => 2);
  const [x, w, b] = [
    graphInput('x', [2, 2 * group, ...size]),
    graphInput('w', [3 * group, 2, ...kernel]),
    graphInput('b', [3 * group]),
  ];
  const ones = size.map(() => 1);
  const window = { kernel, strides: ones, pads: [...ones, ...ones], dilations: ones, group };
  return graphOf([x, w, b], { y: conv(x, w, window, b) });
};

it('a convolution of volumes in groups is one of each group, and computes the same', async () => {
  const grouped = graph([3, 4, 5], 3);
  const lowered = lower(grouped, webgpu);
  expect(lowered.nodes.filter(({ op }) => op === 'Conv').map(({ attrs }) => attrs['group'])).toEqual([
    1, 1, 1,
  ]);
  expect(await graphDifference(grouped, lowered), `seed ${SEED}`).toBeLessThan(1e-6);
});

it.each([
  ['of images', graph([4, 5], 3)],
  ['of volumes without groups', graph([3, 4, 5], 1)],
])('leaves one %s alone', (_, other) => {
  expect(lower(other, webgpu).nodes).toEqual(other.nodes);
});
