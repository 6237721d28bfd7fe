import { expect, test } from 'vitest';
import type { Graph, Value } from '../../graph/graph.js';
import {
  conv,
  convFilterGradient,
  convInputGradient,
  resize,
  resizeGradient,
  type Resizing,
  type ImageWindow,
} from '../../graph/operators.js';
import { graphInput, graphOf } from '../../testing/graphs.js';
import { SEED } from '../../testing/parity.js';
import { print } from '../../testing/print.js';
import { graphDifference } from '../../testing/run-graph.js';
import { shrinkUpsampledConvs } from './upsampled-conv.js';

const NEAREST: Resizing = { mode: 'nearest', alignCorners: false, halfPixelCenters: false };
const SAME: ImageWindow = {
  kernel: [3, 3],
  strides: [1, 1],
  pads: [1, 1, 1, 1],
  dilations: [1, 1],
  group: 1,
};

const x = graphInput('x', [3, 5, 4, 6]);
const w = graphInput('w', [7, 5, 3, 3]);
const bias = graphInput('bias', [7]);
const dy = graphInput('dy', [3, 7, 8, 12]);

const upsampled = (how = NEAREST, size: [number, number] = [8, 12]): Value => resize(x, [size], how);
const opsOf = ({ nodes }: Graph) => nodes.map(({ op }) => op);

test.each([
  ['without a bias', undefined],
  ['with a bias', bias],
])('the convolution %s', async (_, added) => {
  const inputs = added ? [x, w, added] : [x, w];
  const graph = graphOf(inputs, { y: conv(upsampled(), w, SAME, added) });
  const shrunk = shrinkUpsampledConvs(graph);
  expect(opsOf(shrunk)).not.toContain('ResizeSpatial');
  expect(await graphDifference(graph, shrunk), `seed ${SEED}`).toBeLessThan(1e-6);
});

test('the gradient of its filter', async () => {
  const graph = graphOf([x, dy], { dw: convFilterGradient(upsampled(), dy, SAME, w.shape) });
  const shrunk = shrinkUpsampledConvs(graph);
  expect(opsOf(shrunk)).not.toContain('ResizeSpatial');
  expect(await graphDifference(graph, shrunk), `seed ${SEED}`).toBeLessThan(2e-6);
});

test('the gradient of its image', async () => {
  const large = convInputGradient(dy, w, SAME, [[3, 5, 8, 12]]);
  const graph = graphOf([dy, w], { dx: resizeGradient(large, [[4, 6]], NEAREST) });
  const shrunk = shrinkUpsampledConvs(graph);
  expect(opsOf(shrunk)).not.toContain('ResizeSpatialGradient');
  expect(await graphDifference(graph, shrunk), `seed ${SEED}`).toBeLessThan(2e-6);
});

const unlike: [string, Value, Partial<ImageWindow>][] = [
  ['is interpolated', upsampled({ ...NEAREST, mode: 'linear' }), {}],
  ['takes pixels by their corners', upsampled({ ...NEAREST, alignCorners: true }), {}],
  ['takes pixels by their centers', upsampled({ ...NEAREST, halfPixelCenters: true }), {}],
  ['is more than doubled', upsampled(NEAREST, [12, 18]), {}],
  ['is padded otherwise', upsampled(), { pads: [0, 0, 2, 2] }],
  ['is seen by a filter with gaps', upsampled(), { dilations: [2, 2] }],
  ['is seen with a stride', upsampled(), { strides: [2, 2] }],
];

test.each(unlike)('an image that %s stays', (_, image, window) => {
  const graph = graphOf([x, w], { y: conv(image, w, { ...SAME, ...window }) });
  expect(print(shrinkUpsampledConvs(graph))).toEqual(print(graph));
});
