import { normals } from '@scorebridge/runtime';
import * as tf from '@tensorflow/tfjs';
import { beforeAll, expect, test } from 'vitest';
import { ParameterScope } from '../models/parameter-scope.js';
import { initialise, unpack, type Parameters } from '../models/parameters.js';
import { attention, selfAttention } from './attention.js';

const seed = 8;
const draw = (shape: number[], sample: number) =>
  tf.tensor(normals(new Float32Array(shape.reduce((a, b) => a * b)), { seed, sample }), shape);

beforeAll(async () => {
  await tf.setBackend('cpu');
});

test('attention is the softmax-weighted mean of the values', () => {
  const [N, d] = [5, 3];
  const [q, k, v] = [0, 1, 2].map((i) => draw([1, N, d], i)) as [tf.Tensor3D, tf.Tensor3D, tf.Tensor3D];
  const [Q, K, V] = [q, k, v].map((t) => t.arraySync()[0]!) as [number[][], number[][], number[][]];
  const actual = attention(q, k, v).arraySync()[0]!;
  Q.forEach((query, i) => {
    const weights = K.map((key) =>
      Math.exp(query.reduce((sum, x, c) => sum + x * key[c]!, 0) / Math.sqrt(d)),
    );
    const total = weights.reduce((a, b) => a + b);
    for (let c = 0; c < d; c++) {
      const expected = weights.reduce((sum, w, j) => sum + (w / total) * V[j]![c]!, 0);
      expect(Math.abs(actual[i]![c]! - expected), `seed ${seed}`).toBeLessThan(2e-6);
    }
  });
});

test('two heads attend by themselves: each is attention over its half of the channels', () => {
  const scope = new ParameterScope();
  const [C, side] = [4, 3];
  const block = selfAttention(scope.at('a'), { channels: C, groups: 1, heads: 2 });
  const flat = initialise(scope.specs, seed);
  const p: Parameters = {
    ...unpack(tf.tensor1d(flat), scope.specs),
    'a.out/kernel': tf.reshape(tf.eye(C), [1, 1, C, C]),
  };
  const x = draw([2, side, side, C], 3) as tf.Tensor4D;
  const actual = tf.sub(block(p, x), x);

  // The same by hand: norm and projection as matrices, the heads apart.
  const rows = tf.reshape(x, [2, side * side * C]);
  const { mean, variance } = tf.moments(rows, 1, true);
  const h = tf.reshape(tf.div(tf.sub(rows, mean), tf.sqrt(tf.add(variance, 1e-5))), [2 * side * side, C]);
  const qkv = tf.reshape(tf.matMul(h, tf.reshape(p['a.qkv/kernel']!, [C, 3 * C])), [2, side * side, 3 * C]);
  const heads = [0, 1].map((i) => {
    const [q, k, v] = [0, 1, 2].map((part) =>
      tf.slice(qkv, [0, 0, part * C + i * (C / 2)], [2, side * side, C / 2]),
    ) as [tf.Tensor3D, tf.Tensor3D, tf.Tensor3D];
    return attention(q, k, v);
  });
  const expected = tf.reshape(tf.concat(heads, 2), x.shape);
  expect(tf.max(tf.abs(expected)).dataSync()[0]).toBeGreaterThan(0.1);
  expect(tf.max(tf.abs(tf.sub(actual, expected))).dataSync()[0], `seed ${seed}`).toBeLessThan(5e-6);
});

test('heads that do not divide the channels are refused', () => {
  expect(() => selfAttention(new ParameterScope(), { channels: 8, groups: 4, heads: 3 })).toThrow(
    /8 channels among 3 heads/,
  );
});
