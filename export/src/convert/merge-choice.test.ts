import * as tf from '@tensorflow/tfjs';
import { expect, test } from 'vitest';
import { convertGraph, node, runConverted, type GraphJson } from '../testing/graph-model.js';
import { SEED, floats } from '../testing/parity.js';

const inputs = { x: floats(['batch', 3], -1, 1) };
const sizes = [1, 2, 5, 1, 3, 4, 1, 2, 7, 1];
const constants = {
  zero: tf.scalar(0),
  all: tf.tensor1d([0, 1], 'int32'),
  w: tf.tensor2d([[0.5, -1, 0.25], [1, 0.5, -0.5], [0.3, 0.2, 0.9]]),
}; // prettier-ignore

/** Whether the sum of what a node gives is positive. */
const positive = (name: string, of: string) => [
  node(`${name}_sum`, 'Sum', [of, 'all']),
  node(name, 'Greater', [`${name}_sum`, 'zero']),
];

/** x w where the sum is positive, and else -x, or |x| where that of -x w is not positive. */
const nested: GraphJson = {
  constants,
  nodes: [
    ...positive('p', 'x'),
    node('s', 'Switch', ['x', 'p']),
    node('sw', 'Switch', ['w', 'p']),
    node('product', 'MatMul', ['s:1', 'sw:1']),
    node('negative', 'Neg', ['s']),
    node('turned', 'MatMul', ['negative', 'sw']),
    ...positive('q', 'turned'),
    node('t', 'Switch', ['negative', 'q']),
    node('size', 'Abs', ['t']),
    node('inner', 'Merge', ['size', 't:1']),
    node('outer', 'Merge', ['inner', 'product']),
    node('y', 'Identity', ['outer']),
    node('no', 'Identity', ['zero', '^negative']),
    node('yes', 'Exp', ['zero', '^product']),
    node('which', 'Merge', ['no', 'yes']),
  ],
};

test('a branch within a branch that only the data decide', async () => {
  const runs = await runConverted(nested, inputs, ['y', 'which'], sizes);
  for (const { difference } of runs) expect(difference, `seed ${SEED}`).toBeLessThan(1e-5);
  expect(new Set(runs.map(({ values }) => values['which']![0]))).toEqual(new Set([0, 1]));
});

test('a constant that stands on one side by a control alone', async () => {
  const graph: GraphJson = {
    constants,
    nodes: [
      ...positive('p', 'x'),
      node('s', 'Switch', ['p', 'p']),
      node('no', 'Identity', ['s']),
      node('yes', 'Identity', ['s:1']),
      node('one', 'Identity', ['zero', '^no']),
      node('other', 'Exp', ['zero', '^yes']),
      node('y', 'Merge', ['other', 'one']),
    ],
  };
  const runs = await runConverted(graph, inputs, ['y'], sizes);
  expect(new Set(runs.map(({ values }) => values['y']![0]))).toEqual(new Set([0, 1]));
  for (const { difference } of runs) expect(difference, `seed ${SEED}`).toBe(0);
});

test('sides of two shapes are refused', async () => {
  const graph: GraphJson = {
    constants,
    nodes: [
      ...positive('p', 'x'),
      node('s', 'Switch', ['x', 'p']),
      node('sum', 'Sum', ['s:1', 'all']),
      node('y', 'Merge', ['s', 'sum']),
    ],
  };
  await expect(convertGraph(graph, inputs, ['y'])).rejects.toThrow(
    /^The node y \(Merge\) joins the sides of a branch .* these have to be tensors of one type and shape/,
  );
});
