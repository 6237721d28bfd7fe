import { expect, it } from 'vitest';
import { conv } from '../../graph/operators.js';
import { graphInput, graphOf } from '../../testing/graphs.js';
import { runGraph } from '../../testing/run-graph.js';
import { distance, SEED } from '../../testing/parity.js';
import { lower } from '../lower.js';
import { portable } from './index.js';

const graph = (pads: readonly number[], size = [2, 3]) => {
  const [x, w, b] = [graphInput('x', [2, 3, ...size]), graphInput('w', [4, 3, 2, 3]), graphInput('b', [4])];
  const window = { kernel: [2, 3], strides: [1, 1], pads, dilations: [1, 1], group: 1 };
  return graphOf([x, w, b], { y: conv(x, w, window, b) });
};

it('pads an image first where the filter is as large and the padding at its end, and computes the same', async () => {
  const uneven = graph([0, 0, 1, 2]);
  const lowered = lower(uneven, portable);
  const [padded] = lowered.nodes.filter(({ op }) => op === 'Conv');
  expect(padded!.attrs['pads']).toEqual([0, 0, 0, 0]);
  expect(lowered.nodes.map(({ op }) => op)).not.toContain('Pad');
  const [[expected], [found]] = [await runGraph(uneven), await runGraph(lowered)];
  expect(found!.dims).toEqual(expected!.dims);
  expect(distance(expected!.data as Float32Array, found!.data as Float32Array), `seed ${SEED}`).toBeLessThan(
    1e-6,
  );
});

it.each([
  ['that pads its sides alike', graph([1, 1, 1, 1])],
  ['by a smaller filter', graph([0, 0, 1, 2], [5, 4])],
])('leaves one %s alone', (_, other) => {
  expect(lower(other, portable).nodes).toEqual(other.nodes);
});
