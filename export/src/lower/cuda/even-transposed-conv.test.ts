import { expect, it } from 'vitest';
import { convInputGradient } from '../../graph/operators.js';
import { graphInput, graphOf } from '../../testing/graphs.js';
import { distance, SEED } from '../../testing/parity.js';
import { runGraph } from '../../testing/run-graph.js';
import { lower } from '../lower.js';
import { portable } from '../portable/index.js';
import { cuda } from './index.js';

const STRIDES = [2, 3];

/** The gradient to an image of `size` of a convolution by 3 x 4, which `reached` positions. */
const graph = (size: readonly number[], pads: readonly number[]) => {
  const kernel = [3, 4];
  const positions = size.map((length, i) =>
    Math.floor((length + pads[i]! + pads[i + 2]! - kernel[i]!) / STRIDES[i]! + 1),
  );
  const [dy, w] = [graphInput('dy', [2, 4, ...positions]), graphInput('w', [4, 3, ...kernel])];
  const window = { kernel, strides: STRIDES, pads, dilations: [1, 1], group: 1 };
  return graphOf([dy, w], { dx: convInputGradient(dy, w, window, [[2, 3, ...size]]) });
};

it.each([
  ['more off the end', [6, 7], [0, 1, 1, 2], [0, 1, 0, 1]],
  ['more off the beginning', [6, 7], [1, 2, 0, 1], [0, 1, 0, 1]],
  ['more off one axis at its end, off the other at its beginning', [6, 7], [0, 2, 1, 1], [0, 1, 0, 1]],
  ['less off the end than no window reached', [8, 9], [0, 1, 1, 2], [0, 1, 0, 1]],
])('takes the same off both ends for one that takes %s', async (_, size, pads, even) => {
  const uneven = graph(size, pads);
  const lowered = lower(uneven, cuda);
  const [transposed] = lowered.nodes.filter(({ op }) => op === 'ConvTranspose');
  expect(transposed!.attrs['pads']).toEqual(even);
  const [[expected], [found]] = [await runGraph(lower(uneven, portable)), await runGraph(lowered)];
  expect(found!.dims).toEqual(expected!.dims);
  expect(distance(expected!.data as Float32Array, found!.data as Float32Array), `seed ${SEED}`).toBeLessThan(
    1e-6,
  );
});

it('leaves one that takes the same off both ends alone', () => {
  const even = lower(graph([7, 8], [1, 1, 1, 1]), portable);
  expect(lower(even, cuda).nodes).toEqual(even.nodes);
});
