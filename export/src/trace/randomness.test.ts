import { createSession } from '@scorebridge/runtime';
import * as tf from '@tensorflow/tfjs';
import { Tensor } from 'onnxruntime-common';
import { beforeAll, describe, expect, test } from 'vitest';
import { compile } from '../compile/compile.js';
import { exportFunction } from '../score-model/export-function.js';
import type { TracedFunction } from './trace.js';

beforeAll(() => tf.setBackend('cpu'));

const COUNT = 20_000;
const x = { x: { dtype: 'float32', shape: ['rows', 2] } } as const;
const zeros = { x: new Tensor('float32', new Float32Array(2 * COUNT), [COUNT, 2]) };

const drawing =
  (draw: (shape: [number, number]) => tf.Tensor): TracedFunction =>
  ({ x }) => ({
    y: tf.add(x!, draw(x!.shape as [number, number])),
  });

async function run(fn: TracedFunction, random: 'inputs' | 'generate', feeds: Record<string, Tensor> = {}) {
  const { session } = await createSession(exportFunction(fn, x, { random }).model, { provider: 'cpu' });
  const results = [await session.run({ ...zeros, ...feeds }), await session.run({ ...zeros, ...feeds })];
  await session.release();
  return results.map(({ y }) => y!.data as Float32Array);
}

const moments = (data: Float32Array) => {
  const mean = data.reduce((sum, v) => sum + v, 0) / data.length;
  return { mean, deviation: Math.sqrt(data.reduce((sum, v) => sum + (v - mean) ** 2, 0) / data.length) };
};

describe('drawn by the graph', () => {
  test.each([
    ['randomNormal', drawing((s) => tf.randomNormal(s, -3, 0.25)), -3, 0.25],
    ['randomUniform', drawing((s) => tf.randomUniform(s, 2, 8)), 5, 6 / Math.sqrt(12)],
  ])('%s, anew in every run', async (_, fn, mean, deviation) => {
    const [first, second] = await run(fn, 'generate');
    // 5 standard errors of 40,000 numbers.
    const found = moments(first!);
    expect(Math.abs(found.mean - mean)).toBeLessThan((5 * deviation) / Math.sqrt(2 * COUNT));
    expect(Math.abs(found.deviation / deviation - 1)).toBeLessThan(5 / Math.sqrt(4 * COUNT));
    expect([...first!.slice(0, 9)]).not.toEqual([...second!.slice(0, 9)]);
  });

  test('two draws are two', async () => {
    const [y] = await run(
      drawing((s) => tf.sub(tf.randomNormal(s), tf.randomNormal(s))),
      'generate',
    );
    expect(Math.abs(moments(y!).deviation - Math.SQRT2)).toBeLessThan(0.05);
  });

  test('dropout of a compiled function: as many zeros as asked for, and the rest scaled', async () => {
    const step = compile(({ x }) => ({ y: tf.dropout(x!, 0.25) }), { provider: 'cpu', random: 'generate' });
    const ones = new Tensor('float32', new Float32Array(2 * COUNT).fill(1), [COUNT, 2]);
    const { y } = await step.run({ x: ones });
    const data = y!.data as Float32Array;
    expect(new Set(data.map((v) => Math.round(v * 1e5)))).toEqual(new Set([0, 133333]));
    expect(Math.abs(moments(data).mean - 1)).toBeLessThan(0.03);
    await step.dispose();
  });
});

describe('as inputs', () => {
  const numbers = (n: number) => Float32Array.from({ length: n }, (_, i) => Math.sin(i));
  const host = new Tensor('float32', numbers(2 * COUNT), [COUNT, 2]);

  test.each([
    ['randomNormal_0', drawing((s) => tf.randomNormal(s, -3, 0.25)), -3, 0.25],
    ['randomUniform_0', drawing((s) => tf.randomUniform(s, 2, 8)), 2, 6],
    ['truncatedNormal_0', drawing((s) => tf.truncatedNormal(s, 1, 2)), 1, 2],
  ])('%s, of the standard distribution', async (name, fn, shift, scale) => {
    const [y] = await run(fn, 'inputs', { [name]: host });
    numbers(50).forEach((z, i) => expect(y![i]).toBeCloseTo(shift + scale * z, 5));
  });
});

test.each([
  ['a fixed seed: the same numbers every time', drawing(() => tf.randomNormal([1, 2], 0, 1, 'float32', 7))],
])('%s stay constants', (_, fn) => {
  const { model } = exportFunction(fn, x, { random: 'generate' });
  expect(new TextDecoder('latin1').decode(model)).not.toContain('RandomNormal');
});

describe('refused', () => {
  test.each<[string, TracedFunction, 'generate' | undefined, string]>([
    [
      'without the option',
      drawing((s) => tf.randomNormal(s)),
      undefined,
      "the option random, 'inputs' or 'generate'",
    ],
    ['Math.random of its own', drawing(() => tf.scalar(Math.random())), 'generate', 'randomness or time'],
    [
      'one number, of which mean and deviation cannot be told',
      drawing(() => tf.randomNormal([1], 3, 2)),
      'generate',
      'randomness or time',
    ],
    ['whole numbers', drawing((s) => tf.randomUniform(s, 0, 9, 'int32')), 'generate', 'randomness or time'],
    [
      'a truncated normal, which ONNX has no draw of',
      drawing((s) => tf.truncatedNormal(s)),
      'generate',
      'ONNX cannot draw what tf.truncatedNormal does',
    ],
  ])('%s', (_, fn, random, sentence) => {
    const before = Math.random;
    expect(() => exportFunction(fn, x, { random })).toThrow(sentence);
    expect(Math.random).toBe(before);
  });
});
