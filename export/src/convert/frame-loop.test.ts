import * as tf from '@tensorflow/tfjs';
import { expect, test } from 'vitest';
import { node, runConverted, type GraphJson } from '../testing/graph-model.js';
import { SEED, floats } from '../testing/parity.js';

const inputs = { x: floats(['batch', 3], -1, 1) };
/** At the largest, no loop runs. */
const sizes = [1, 2, 5, 1, 60, 3, 4, 1, 2, 7, 1];
const constants = {
  none: tf.scalar(0, 'int32'),
  one: tf.scalar(1, 'int32'),
  ten: tf.scalar(10),
  all: tf.tensor1d([0, 1], 'int32'),
  w: tf.tensor2d([[0.5, -1, 0.25], [1, 0.5, -0.5], [0.3, 0.2, 0.9]]),
}; // prettier-ignore

const frame = (name: string) => ({ frame_name: { s: Buffer.from(name).toString('base64') } });
const enter = (name: string, input: string, constant = false) =>
  node(name, 'Enter', [input], { ...frame('loop'), is_constant: { b: constant } });

/** Doubles until the sum of squares is above ten, and counts, as the first version of TensorFlow writes it. */
const doubling = (body: GraphJson['nodes'], next: string): GraphJson => ({
  constants,
  nodes: [
    enter('i0', 'none'),
    enter('v0', 'x'),
    enter('limit', 'ten', true),
    enter('step', 'one', true),
    enter('axes', 'all', true),
    enter('matrix', 'w', true),
    node('im', 'Merge', ['i0', 'in']),
    node('vm', 'Merge', ['v0', 'vn']),
    node('squares', 'Square', ['vm']),
    node('sum', 'Sum', ['squares', 'axes']),
    node('less', 'Less', ['sum', 'limit']),
    node('cond', 'LoopCond', ['less']),
    node('is', 'Switch', ['im', 'cond']),
    node('vs', 'Switch', ['vm', 'cond']),
    node('j', 'AddV2', ['is:1', 'step']),
    node('twice', 'AddV2', ['vs:1', 'vs:1']),
    ...body,
    node('in', 'NextIteration', ['j']),
    node('vn', 'NextIteration', [next]),
    node('which', 'Exit', ['is']),
    node('v', 'Exit', ['vs']),
    node('y', 'AddV2', ['v', 'x']),
  ],
});

test('a loop that only the data end', async () => {
  const runs = await runConverted(doubling([], 'twice'), inputs, ['y', 'which'], sizes);
  for (const { difference } of runs) expect(difference, `seed ${SEED}`).toBeLessThan(1e-5);
  const rounds = new Set(runs.map(({ values }) => values['which']![0]!));
  expect(rounds.has(0)).toBe(true);
  expect(rounds.size).toBeGreaterThan(2);
});

test('with a branch in it, and what is the same in each round', async () => {
  const body = [
    node('total', 'Sum', ['twice', 'axes']),
    node('zero', 'Sub', ['total', 'total']),
    node('positive', 'Greater', ['total', 'zero']),
    node('side', 'Switch', ['twice', 'positive']),
    node('turned', 'MatMul', ['side:1', 'matrix']),
    node('grown', 'AddV2', ['side:1', 'turned']),
    node('joined', 'Merge', ['side', 'grown']),
  ];
  const runs = await runConverted(doubling(body, 'joined'), inputs, ['y', 'which'], sizes);
  for (const { difference } of runs) expect(difference, `seed ${SEED}`).toBeLessThan(1e-5);
  expect(new Set(runs.map(({ values }) => values['which']![0]!)).size).toBeGreaterThan(2);
});
