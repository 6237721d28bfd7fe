import * as tf from '@tensorflow/tfjs';
import { describe, expect, test } from 'vitest';
import {
  convertGraph,
  graphFunction,
  node,
  runConverted,
  type GraphJson,
  type NodeJson,
} from '../testing/graph-model.js';
import { SEED, floats } from '../testing/parity.js';

const inputs = { x: floats(['batch', 3], -1, 1) };
/** At the largest, no loop runs. */
const sizes = [1, 2, 5, 1, 60, 3, 4, 1, 2, 7, 1];
const func = (name: string) => ({ func: { name } });
const int = (value: number) => tf.scalar(value, 'int32');

const constants = {
  zero: tf.scalar(0),
  ten: tf.scalar(10),
  one: int(1),
  none: int(0),
  five: int(5),
  all: tf.tensor1d([0, 1], 'int32'),
  w: tf.tensor2d([[0.5, -1, 0.25], [1, 0.5, -0.5], [0.3, 0.2, 0.9]]),
  element: tf.tensor1d([-1, 3], 'int32'),
}; // prettier-ignore

const total = node('total', 'Sum', ['x', 'all']);
const positive = node('positive', 'Greater', ['total', 'zero']);
const branchAttr = { then_branch: func('then'), else_branch: func('else') };
const loopAttr = { cond: func('cond'), body: func('body') };

const list = { element_dtype: { type: 'DT_FLOAT' } };

const branches: GraphJson = {
  constants,
  nodes: [total, positive, node('pick', 'StatelessIf', ['positive', 'x', 'w'], branchAttr), node('y', 'Identity', ['pick:0']), node('which', 'Identity', ['pick:1'])],
  functions: [
    graphFunction('then', ['a', 'm'], [node('p', 'MatMul', ['a', 'm']), node('k', 'Abs', ['a'])], ['p:product:0', 'k:y:0']),
    graphFunction('else', ['a', 'm'], [node('n', 'Neg', ['a'])], ['n:y:0', 'a']),
  ],
}; // prettier-ignore

/** Doubles until the sum of squares is above ten, and counts. */
const doubling: GraphJson = {
  constants,
  nodes: [node('run', 'While', ['none', 'x', 'ten', 'one', 'all'], loopAttr), node('which', 'Identity', ['run:0']), node('y', 'Identity', ['run:1'])],
  functions: [
    graphFunction('cond', ['i', 'v', 'limit', 'step', 'axes'], [node('sq', 'Square', ['v']), node('sum', 'Sum', ['sq:y:0', 'axes']), node('go', 'Less', ['sum:output:0', 'limit'])], ['go:z:0']),
    graphFunction('body', ['i', 'v', 'limit', 'step', 'axes'], [node('v2', 'AddV2', ['v', 'v']), node('j', 'AddV2', ['i', 'step']), node('same', 'Identity', ['limit']), node('kept', 'Identity', ['axes'])], ['j:z:0', 'v2:z:0', 'same:output:0', 'step', 'kept:output:0']),
  ],
}; // prettier-ignore

/** The same, at most five times, with what it came by in a list. */
const recording = (first: readonly NodeJson[], low: string): GraphJson => ({
  constants,
  nodes: [...first, node('run', 'StatelessWhile', ['none', 'x', 'list', 'ten', 'one', 'all', 'five'], loopAttr), node('which', 'Identity', ['run:0']), node('y', 'TensorListStack', ['run:2', 'element'], list)],
  functions: [
    graphFunction('cond', ['i', 'v', 'l', 'limit', 'step', 'axes', 'n'], [node('sq', 'Square', ['v']), node('sum', 'Sum', ['sq:y:0', 'axes']), node('low', low, ['sum:output:0', 'limit']), node('room', 'Less', ['i', 'n']), node('go', 'LogicalAnd', ['low:z:0', 'room:z:0'])], ['go:z:0']),
    graphFunction('body', ['i', 'v', 'l', 'limit', 'step', 'axes', 'n'], [node('v2', 'AddV2', ['v', 'v']), node('l2', 'TensorListSetItem', ['l', 'i', 'v2:z:0'], list), node('j', 'AddV2', ['i', 'step'])], ['j:z:0', 'v2:z:0', 'l2:output_handle:0', 'limit', 'step', 'axes', 'n']),
  ],
}); // prettier-ignore
const reserve = [node('list', 'TensorListReserve', ['element', 'five'], list)];
const full = [
  node('pack', 'Pack', ['x', 'x', 'x', 'x', 'x'], { N: { i: 5 } }),
  node('list', 'TensorListFromTensor', ['pack', 'element'], list),
];

/** What is left of a list, read from its end until the data say stop; nested in a branch of a loop's body. */
const nested: GraphJson = {
  constants: { ...constants, four: int(4) },
  nodes: [
    node('doubled', 'AddV2', ['x', 'x']),
    node('pack', 'Pack', ['x', 'doubled', 'x', 'doubled', 'x'], { N: { i: 5 } }),
    node('list', 'TensorListFromTensor', ['pack', 'element'], list),
    node('run', 'While', ['none', 'zero', 'list', 'ten', 'one', 'all', 'five', 'element'], loopAttr),
    node('which', 'Identity', ['run:0']),
    node('y', 'Identity', ['run:1']),
  ],
  functions: [
    graphFunction('cond', ['i', 'v', 'l', 'limit', 'step', 'axes', 'n', 'e'], [node('low', 'Less', ['v', 'step_f:y:0']), node('step_f', 'Cast', ['step'], { DstT: { type: 'DT_FLOAT' } }), node('room', 'Less', ['i', 'n']), node('go', 'LogicalAnd', ['low:z:0', 'room:z:0'])], ['go:z:0']),
    graphFunction('body', ['i', 'v', 'l', 'limit', 'step', 'axes', 'n', 'e'], [
      node('item', 'TensorListGetItem', ['l', 'i', 'e'], list),
      node('sum', 'Sum', ['item:item:0', 'axes']),
      node('f', 'Sub', ['v', 'v']),
      node('up', 'Greater', ['sum:output:0', 'f:z:0']),
      node('pick', 'If', ['up:z:0', 'v', 'sum:output:0', 'i', 'n', 'step'], branchAttr),
      node('j', 'AddV2', ['i', 'step']),
    ], ['j:z:0', 'pick:output:0', 'l', 'limit', 'step', 'axes', 'n', 'e']),
    graphFunction('then', ['v', 's', 'i', 'n', 'step'], [node('inner', 'While', ['i', 'v', 's', 'n', 'step'], { cond: func('cond2'), body: func('body2') })], ['inner:output:1']),
    graphFunction('else', ['v', 's', 'i', 'n', 'step'], [node('d', 'Sub', ['v', 's'])], ['d:z:0']),
    graphFunction('cond2', ['i', 'v', 's', 'n', 'step'], [node('room', 'Less', ['i', 'n'])], ['room:z:0']),
    graphFunction('body2', ['i', 'v', 's', 'n', 'step'], [node('j', 'AddV2', ['i', 'step']), node('half', 'AddV2', ['v', 's'])], ['j:z:0', 'half:z:0', 's', 'n', 'step']),
  ],
}; // prettier-ignore

const cases: [string, GraphJson, string[], number][] = [
  ['a branch', branches, ['y', 'which'], 5],
  ['a loop', doubling, ['y', 'which'], 4],
  ['a loop that fills a list', recording(reserve, 'NotEqual'), ['y', 'which'], 1],
  ['a loop that writes into a list', recording(full, 'Less'), ['y', 'which'], 3],
  ['a loop that reads a list, in it a branch, in it a loop', nested, ['y', 'which'], 2],
]; // prettier-ignore

test.each(cases)('%s', async (_, graph, outputs, distinct) => {
  const runs = await runConverted(graph, inputs, outputs, sizes);
  for (const [i, { difference }] of runs.entries())
    expect(difference, `run ${i} of seed ${SEED}`).toBeLessThan(1e-5);
  expect(new Set(runs.map(({ values }) => values['which']!.join())).size).toBeGreaterThanOrEqual(distinct);
});

describe('refused', () => {
  const grows = (change: string, attr = {}): GraphJson => ({
    ...doubling,
    functions: [doubling.functions![0], graphFunction('body', ['i', 'v', 'limit', 'step', 'axes'], [node('longer', change, ['v', 'v', 'zero2:output:0'], attr), node('zero2', 'Sub', ['step', 'step']), node('j', 'AddV2', ['i', 'step'])], ['j:z:0', 'longer:output:0', 'limit', 'step', 'axes'])],
  }); // prettier-ignore
  const empty = [node('list', 'EmptyTensorList', ['element', 'five'], list)];
  const pushes = recording(empty, 'Less');
  const refused: [string, GraphJson, RegExp][] = [
    [
      'branches of two shapes',
      { ...branches, functions: [branches.functions![0], graphFunction('else', ['a', 'm'], [node('n', 'Neg', ['m'])], ['n:y:0', 'a'])] },
      /^The node pick \(StatelessIf\) gives float32 \[\d+, 3\] or float32 \[3, 3\], and which is only known/,
    ],
    ['a state that grows', grows('ConcatV2', { N: { i: 2 } }), /^The node run \(While\) turns float32 \[\d+, 3\] into float32 \[\d+, 3\] in each round/],
    [
      'a list that grows at an index',
      pushes,
      /l2 \(TensorListSetItem\): it writes into a list that grows/,
    ],
    [
      'a list that grows at its end',
      { ...pushes, functions: [pushes.functions![0], graphFunction('body', ['i', 'v', 'l', 'limit', 'step', 'axes', 'n'], [node('l2', 'TensorListPushBack', ['l', 'v'], list), node('j', 'AddV2', ['i', 'step'])], ['j:z:0', 'v', 'l2:output_handle:0', 'limit', 'step', 'axes', 'n'])] },
      /^The node run \(StatelessWhile\) turns a list of 0 tensors into one of 1 in each round/,
    ],
  ]; // prettier-ignore
  test.each(refused)('%s', async (_, graph, sentence) => {
    await expect(convertGraph(graph, inputs, ['y', 'which'])).rejects.toThrow(sentence);
  });
});
