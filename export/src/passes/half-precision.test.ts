import { createSession } from '@scorebridge/runtime';
import * as tf from '@tensorflow/tfjs';
import { Tensor } from 'onnxruntime-common';
import { beforeAll, describe, expect, test } from 'vitest';
import { conv, type Window } from '../graph/operators.js';
import type { Value } from '../graph/graph.js';
import * as g from '../graph/ops.js';
import { exportFunction } from '../score-model/export-function.js';
import { graphInput, graphOf } from '../testing/graphs.js';
import { floats, randomNumbers, SEED } from '../testing/parity.js';
import { whileLoop } from '../trace/control-flow.js';
import { inHalfPrecision } from './half-precision.js';

beforeAll(() => tf.setBackend('cpu'));

const window: Window = { kernel: [1, 1], strides: [1, 1], pads: [0, 0, 0, 0], dilations: [1, 1], group: 1 };
const x = graphInput('x', [1, 2, 4, 4]);
const weights = g.constant('float32', [2, 2, 1, 1], [1, -2, 3, 0.5]);
const half = (v: Value) => conv(v, weights, window);
const number = (value: number) => g.constant('float32', [], [value]);
const relu = (v: Value) => g.unary('Relu', v);

/** Each node with the type of what it makes. */
const types = (y: Value) =>
  inHalfPrecision(graphOf([x], { y })).nodes.map(
    ({ op, output }) => `${op} ${{ float16: 'half', float32: 'single' }[output.dtype as 'float16']}`,
  );

describe('what is in half precision', () => {
  test.each([
    ['convolutions and what stands between them', half(relu(half(x))), ['Cast half', 'Conv half', 'Relu half', 'Conv half', 'Cast single']],
    ['nothing before the first', half(relu(x)), ['Relu single', 'Cast half', 'Conv half', 'Cast single']],
    ['a number that it reaches', g.mul(half(x), number(0.1)), ['Cast half', 'Conv half', 'Mul half', 'Cast single']],
    ['no mask', g.add(half(x), number(-1e9)), ['Cast half', 'Conv half', 'Cast single', 'Add single']],
    ['no epsilon', g.add(half(x), number(1e-7)), ['Cast half', 'Conv half', 'Cast single', 'Add single']],
    ['no square', g.mul(...twice(half(x))), ['Cast half', 'Conv half', 'Cast single', 'Mul single']],
    ['no softmax', g.softmax(half(x), 1), ['Cast half', 'Conv half', 'Cast single', 'Softmax single']],
    ['no mean', g.reduce('ReduceMean', half(x), [1], true), ['Cast half', 'Conv half', 'Cast single', 'ReduceMean single']],
    ['no quotient', g.div(half(x), x), ['Cast half', 'Conv half', 'Cast single', 'Div single']],
    ['no sum with what is not', g.add(half(x), x), ['Cast half', 'Conv half', 'Cast single', 'Add single']],
    ['no weights that it does not reach', conv(x, g.constant('float32', [1, 2, 1, 1], [1e5, 1]), window), ['Conv single']],
  ])('%s', (_, y, expected) => {
    expect(types(y)).toEqual(expected);
  });
}); // prettier-ignore

function twice(v: Value): [Value, Value] {
  return [v, v];
}

test('a value is cast once for all that read it', () => {
  const y = half(x);
  expect(types(g.add(g.unary('Exp', y), g.softmax(y, 1)))).toEqual(['Cast half', 'Conv half', 'Cast single', 'Exp single', 'Softmax single', 'Add single']); // prettier-ignore
});

const random = randomNumbers();
const numbers = (length: number) => Float32Array.from({ length }, () => 2 * random() - 1);

async function run(fn: (x: tf.Tensor2D) => tf.Tensor, data: Float32Array, shape: number[]) {
  const inputs = { x: floats(['batch', ...shape.slice(1)]) };
  const options = { arithmetic: 'float16' } as const;
  const { model } = exportFunction(({ x }) => ({ y: fn(x as tf.Tensor2D) }), inputs, options);
  const { session } = await createSession(model, { provider: 'cpu' });
  const { y } = await session.run({ x: new Tensor('float32', data, shape) });
  await session.release();
  const expected = tf.tidy(() => fn(tf.tensor2d(data, shape as [number, number])).dataSync());
  const error = Math.max(...expected.map((v, i) => Math.abs(v - (y!.data as Float32Array)[i]!)));
  return { type: y!.type, error, scale: Math.max(...expected.map(Math.abs)) };
}

test.each([
  ['-1e9', [0, 0, -1e9, 0, -1e9, -1e9]],
  ['the lowest number', [0, -3.4e38, -3.4e38, -3.4e38, 0, 0]],
  ['-1e9 everywhere', [-1e9, -1e9, -1e9, -1e9, -1e9, -1e9]],
])('a mask of %s leaves out what it masks, and no number is lost', async (_, masked) => {
  const keys = tf.tensor2d(numbers(24), [4, 6]);
  const attend = (x: tf.Tensor2D) =>
    tf.matMul(tf.softmax(tf.add(tf.matMul(x, keys), masked)), keys, false, true);
  const { type, error, scale } = await run(attend, numbers(8), [2, 4]);
  expect(type).toBe('float32');
  expect(scale).toBeGreaterThan(0.1);
  expect(error, `seed ${SEED}`).toBeLessThan(3e-3);
});

test('a norm of numbers whose squares half precision does not reach', async () => {
  const w = tf.tensor2d(numbers(16), [4, 4]);
  const norm = (x: tf.Tensor2D) => {
    const h = tf.mul(tf.matMul(x, w), 500);
    const centred = tf.sub(h, tf.mean(h, 1, true));
    return tf.mul(centred, tf.rsqrt(tf.add(tf.mean(tf.square(centred), 1, true), 1e-7)));
  };
  const { error } = await run(norm, numbers(12), [3, 4]);
  expect(error, `seed ${SEED}`).toBeLessThan(4e-3);
});

test('bodies of loops are in half precision as well, and take and give single', async () => {
  const w = tf.tensor2d(numbers(16), [4, 4]);
  const rounds = (x: tf.Tensor2D) => {
    const goesOn = ({ v }: { v: tf.Tensor }) => tf.less(tf.sum(tf.square(v)), 100);
    const body = ({ v }: { v: tf.Tensor }) => ({ v: tf.mul(tf.add(tf.matMul(v as tf.Tensor2D, w), v), 1.5) });
    return whileLoop(goesOn, body, { v: x as tf.Tensor }).v;
  };
  const { error, scale } = await run(rounds, numbers(8), [2, 4]);
  expect(scale).toBeGreaterThan(1);
  expect(error / scale, `seed ${SEED}`).toBeLessThan(1e-2);
  expect(error / scale, 'no half precision').toBeGreaterThan(1e-6);
});
