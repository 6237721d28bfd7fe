import { expect, it } from 'vitest';
import { convInputGradient } from '../../graph/operators.js';
import { graphInput, graphOf } from '../../testing/graphs.js';
import { graphDifference } from '../../testing/run-graph.js';
import { SEED } from '../../testing/parity.js';
import { lower } from '../lower.js';
import { portable } from '../portable/index.js';
import { webgpu } from './index.js';

interface Setting {
  readonly size: number[];
  readonly kernel: number[];
  readonly strides: number[];
  readonly pads: number[];
  readonly dilations?: number[];
  readonly group?: number;
  /** Channels a group, of dy and of what it is the gradient by. */
  readonly channels?: readonly [number, number];
}

function gradient(setting: Setting) {
  const { size, kernel, strides, pads, group = 1, channels = [2, 3] } = setting;
  const dilations = setting.dilations ?? kernel.map(() => 1);
  const positions = size.map((s, i) =>
    Math.floor(
      (s + pads[i]! + pads[i + size.length]! - dilations[i]! * (kernel[i]! - 1) - 1) / strides[i]! + 1,
    ),
  );
  const dy = graphInput('dy', [2, group * channels[0], ...positions]);
  const w = graphInput('w', [group * channels[0], channels[1], ...kernel]);
  const window = { kernel, strides, pads, dilations, group };
  return graphOf([dy, w], { y: convInputGradient(dy, w, window, [[2, group * channels[1], ...size]]) });
}

const operators = (graph: ReturnType<typeof gradient>) => lower(graph, webgpu).nodes.map(({ op }) => op);

it.each<[string, Setting]>([
  ['volumes', { size: [5, 6, 4], kernel: [3, 2, 2], strides: [2, 3, 2], pads: [1, 0, 0, 0, 1, 0] }],
  ['volumes, elements unread at the end', { size: [6, 5, 8], kernel: [2, 2, 3], strides: [3, 2, 2], pads: [0, 0, 0, 0, 0, 0] }],
  ['several channels of a group made one', { size: [7, 6], kernel: [3, 2], strides: [2, 2], pads: [1, 0, 0, 1], group: 3, channels: [2, 1] }],
  ['padding wider than the window reaches', { size: [7, 8], kernel: [3, 2], strides: [2, 2], pads: [3, 0, 0, 3], group: 2, channels: [2, 1] }],
  ['dilated', { size: [9, 8], kernel: [2, 2], strides: [2, 3], pads: [0, 1, 1, 0], dilations: [3, 2], group: 2, channels: [3, 1] }],
])('a transposed convolution is one of its input spread out: %s', async (_, setting) => {
  const graph = gradient(setting);
  expect(operators(graph)).toContain('Conv');
  expect(operators(graph)).not.toContain('ConvTranspose');
  expect(await graphDifference(lower(graph, portable), lower(graph, webgpu)), `seed ${SEED}`).toBeLessThan(1e-6);
}); // prettier-ignore

it.each<[string, Setting]>([
  ['images', { size: [6, 6], kernel: [2, 2], strides: [2, 2], pads: [0, 0, 0, 0] }],
  ['one channel a group', { size: [6, 6], kernel: [2, 2], strides: [2, 2], pads: [0, 0, 0, 0], group: 3, channels: [1, 1] }],
  ['more channels of a group made', { size: [6, 6], kernel: [2, 2], strides: [2, 2], pads: [0, 0, 0, 0], group: 3, channels: [2, 2] }],
])('stays one where the provider is right: %s', (_, setting) => {
  expect(operators(gradient(setting))).toEqual(['ConvTranspose']);
}); // prettier-ignore
