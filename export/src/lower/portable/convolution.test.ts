import { expect, test } from 'vitest';
import type { Value } from '../../graph/graph.js';
import { conv, convFilterGradient, convInputGradient, type Window } from '../../graph/operators.js';
import * as g from '../../graph/ops.js';
import { graphInput, graphOf } from '../../testing/graphs.js';
import { SEED } from '../../testing/parity.js';
import { runGraph } from '../../testing/run-graph.js';
import { lower } from '../lower.js';
import { portable } from './index.js';

const dot = (a: Value, b: Value): Value =>
  g.reduce('ReduceSum', g.mul(a, b), a.shape.map((_, axis) => axis), false); // prettier-ignore

interface Case {
  readonly size: readonly number[];
  readonly window: Window;
}

const plane = (window: Partial<Window>, size = [7, 6]): Case => ({
  size,
  window: { kernel: [3, 2], strides: [1, 1], pads: [0, 0, 0, 0], dilations: [1, 1], group: 1, ...window },
});

/** With 4 channels before the convolution and 6 behind it. */
const CASES: Readonly<Record<string, Case>> = {
  plain: plane({}),
  padded: plane({ pads: [1, 0, 2, 1] }),
  'in steps': plane({ strides: [2, 3], pads: [0, 1, 1, 0] }),
  dilated: plane({ dilations: [2, 3] }, [9, 10]),
  'dilated, in steps, padded': plane({ dilations: [2, 3], strides: [3, 2], pads: [1, 2, 0, 1] }, [9, 10]),
  'in groups': plane({ group: 2, pads: [1, 1, 1, 1] }),
  'in groups, dilated, in steps': plane({ group: 2, dilations: [3, 2], strides: [2, 1] }, [9, 10]),
  'of sequences': {
    size: [11],
    window: { kernel: [3], strides: [2], pads: [1, 0], dilations: [2], group: 1 },
  },
  'of volumes': {
    size: [5, 4, 6],
    window: {
      kernel: [2, 1, 3],
      strides: [1, 2, 1],
      pads: [1, 0, 0, 0, 1, 2],
      dilations: [2, 1, 1],
      group: 2,
    },
  },
};

/** Gradients of a map that is linear in its filter and in its image are its adjoints: <dw, v> = <dy, conv(x, v)>. */
test.each(Object.entries(CASES))('the gradients of a convolution, %s, are its adjoints', async (_, of) => {
  const { size, window } = of;
  const [x, u] = [graphInput('x', [2, 4, ...size]), graphInput('u', [2, 4, ...size])];
  const shape = [6, 4 / window.group, ...window.kernel];
  const [w, v] = [graphInput('w', shape), graphInput('v', shape)];
  const y = conv(x, v, window);
  const dy = graphInput('dy', [...y.shape]);
  const graph = graphOf([x, u, w, v, dy], {
    'to the filter': dot(convFilterGradient(x, dy, window, shape), v),
    'of the filter': dot(dy, y),
    'to the image': dot(convInputGradient(dy, w, window, x.shapes), u),
    'of the image': dot(dy, conv(u, w, window)),
    scale: g.unary('Sqrt', g.mul(dot(dy, dy), dot(y, y))),
  });
  const found = (await runGraph(lower(graph, portable))).map(({ data }) => Number(data[0]));
  const [toFilter, ofFilter, toImage, ofImage, scale] = found as [number, number, number, number, number];
  expect(Math.abs(toFilter - ofFilter) / scale, `filter, seed ${SEED}`).toBeLessThan(1e-6);
  expect(Math.abs(toImage - ofImage) / scale, `image, seed ${SEED}`).toBeLessThan(1e-6);
});
