import * as tf from '@tensorflow/tfjs';
import { describe, expect, test } from 'vitest';
import { exportFunction } from '../score-model/export-function.js';
import { exportDifference, floats } from '../testing/parity.js';
import { ifElse, whileLoop } from './control-flow.js';
import type { TracedFunction } from './trace.js';

const inputs = { x: floats(['batch', 'width', 3]) };
const sizes = [
  { batch: 1, width: 4 },
  { batch: 3, width: 1 },
  { batch: 2, width: 9 },
];
const one = tf.scalar(1, 'int32');
const outer = tf.tensor2d([[1, 2, 3], [0, 1, 0], [1, 0, -1]]); // prettier-ignore

const cases: [string, TracedFunction][] = [
  [
    'a branch, with what it reads from outside and sizes of its own',
    ({ x }) => {
      const y = tf.matMul(tf.reshape(x!, [-1, 3]), outer);
      return ifElse(
        tf.greater(tf.sum(x!), 0),
        () => ({
          y: tf.reshape(tf.mul(y, 2), [x!.shape[0]!, x!.shape[1]! * 3]),
          z: tf.zeros([x!.shape[1]!]),
        }),
        () => ({ y: tf.reshape(tf.matMul(y, outer), [x!.shape[0]!, -1]), z: tf.range(0, x!.shape[1]!) }),
      );
    },
  ],
  [
    'Newton until it is near, and how often',
    ({ x }) => {
      const a = tf.add(tf.abs(x!), 0.5);
      return whileLoop(
        ({ root }) => tf.any(tf.greater(tf.abs(tf.sub(tf.square(root!), a)), 1e-4)),
        ({ root, steps }) => ({
          root: tf.mul(0.5, tf.add(root!, tf.div(a, root!))),
          steps: tf.add(steps!, one),
        }),
        { root: a, steps: tf.scalar(0, 'int32') } as Record<string, tf.Tensor>,
      );
    },
  ],
  [
    'a loop that never runs, and one in which a branch and another loop stand',
    ({ x }) => {
      const { y } = whileLoop(
        ({ i }) => tf.less(i!, 0),
        ({ i, y }) => ({ i: tf.add(i!, one), y: tf.neg(y!) }),
        { i: tf.scalar(0, 'int32'), y: x! } as Record<string, tf.Tensor>,
      );
      const total = tf.sum(x!, 1);
      const { sum } = whileLoop(
        ({ i }) => tf.less(i!, 5),
        ({ i, sum }) => {
          const odd = tf.equal(tf.mod(i!, tf.scalar(2, 'int32')), 1);
          const { part } = ifElse(
            odd,
            () =>
              whileLoop(
                ({ k }) => tf.less(k!, i!),
                ({ k, part }) => ({ k: tf.add(k!, one), part: tf.add(part!, total) }),
                { k: tf.scalar(0, 'int32'), part: sum! } as Record<string, tf.Tensor>,
              ),
            () => ({ k: i!, part: tf.sub(sum!, total) }),
          );
          return { i: tf.add(i!, one), sum: part! };
        },
        { i: tf.scalar(0, 'int32'), sum: tf.zerosLike(total) } as Record<string, tf.Tensor>,
      );
      return { y: y!, sum: sum! };
    },
  ],
  [
    'names in two orders, numbers among them',
    ({ x }) => {
      const state = whileLoop(
        (s) => tf.less(s['n']!, 3),
        (s) => ({ n: tf.add(s['n']!, one), 1: tf.neg(s['1']!), 0: tf.add(s['0']!, s['1']!) }),
        { n: tf.scalar(0, 'int32'), 1: x!, 0: tf.mul(x!, 3) } as Record<string, tf.Tensor>,
      );
      return ifElse<Record<string, tf.Tensor>>(
        tf.greater(tf.sum(x!), 0),
        () => ({ a: state['0']!, b: state['1']! }),
        () => ({ b: tf.mul(state['1']!, 5), a: state['0']! }),
      );
    },
  ],
];

test.each(cases)('%s', async (_, fn) => {
  const differences = await exportDifference(fn, inputs, sizes);
  for (const [name, error] of Object.entries(differences)) expect(error, name).toBeLessThan(1e-5);
});

describe('refused', () => {
  const refused: [string, TracedFunction, string][] = [
    [
      'branches of two shapes',
      ({ x }) => ifElse(tf.any(tf.greater(x!, 0)), () => ({ y: x! }), () => ({ y: tf.sum(x!, 1) })),
      'The branches of ifElse return y float32 [2, 2] and y float32 [2]',
    ],
    [
      'a loop that grows',
      ({ x }) =>
        whileLoop(({ y }) => tf.less(tf.sum(y!), 9), ({ y }) => ({ y: tf.concat([y!, y!], 0) }), { y: x! } as Record<string, tf.Tensor>),
      'The body of whileLoop turns y float32 [2, 2] into y float32 [4, 2]',
    ],
    [
      'a gradient through a loop',
      ({ x }) => ({
        dx: tf.grad((x) =>
          whileLoop(({ y }) => tf.less(tf.sum(y!), 9), ({ y }) => ({ y: tf.mul(y!, 2) }), { y: x } as Record<string, tf.Tensor>)['y']!,
        )(x!),
      }),
      'Cannot compute gradient',
    ],
  ]; // prettier-ignore
  test.each(refused)('%s', (_, fn, sentence) => {
    expect(() => exportFunction(fn, { x: { dtype: 'float32', shape: [2, 2] } })).toThrow(sentence);
  });
});
