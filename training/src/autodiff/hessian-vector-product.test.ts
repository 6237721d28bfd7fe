import * as tf from '@tensorflow/tfjs';
import { uniforms } from '@scorebridge/runtime';
import { beforeAll, expect, test } from 'vitest';
import { registerCorrectedGradients } from './register.js';

const [B, I, H] = [4, 3, 5];
const n = I * H + H + H;

beforeAll(async () => {
  await tf.setBackend('cpu');
  registerCorrectedGradients();
});

/** The gradient of L(w) = mean_b (a . act(x_b W + c) - y_b)^2 by hand, in float64; w = (W, c, a). */
function gradient(
  w: number[],
  x: Float32Array,
  y: Float32Array,
  act: (z: number) => number,
  dAct: (z: number) => number,
) {
  const g = Array<number>(n).fill(0);
  for (let b = 0; b < B; b++) {
    const z = Array.from({ length: H }, (_, j) => {
      let sum = w[I * H + j]!;
      for (let i = 0; i < I; i++) sum += x[b * I + i]! * w[i * H + j]!;
      return sum;
    });
    const f = z.reduce((sum, z, j) => sum + w[I * H + H + j]! * act(z), 0);
    const df = (2 * (f - y[b]!)) / B;
    z.forEach((z, j) => {
      const dz = df * w[I * H + H + j]! * dAct(z);
      for (let i = 0; i < I; i++) g[i * H + j]! += dz * x[b * I + i]!;
      g[I * H + j]! += dz;
      g[I * H + H + j]! += df * act(z);
    });
  }
  return g;
}

const s = (z: number) => 1 / (1 + Math.exp(-z));

test.each([
  ['tanh', tf.tanh, Math.tanh, (z: number) => 1 - Math.tanh(z) ** 2],
  [
    'silu',
    (z: tf.Tensor) => tf.mul(z, tf.sigmoid(z)),
    (z: number) => z * s(z),
    (z: number) => s(z) * (1 + z * (1 - s(z))),
  ],
  ['elu', tf.elu, (z: number) => (z > 0 ? z : Math.expm1(z)), (z: number) => (z > 0 ? 1 : Math.exp(z))],
] as const)('Hessian-vector product of a two-layer %s net', (_, act, act64, dAct64) => {
  const seed = 5;
  const random = (size: number, sample: number) =>
    uniforms(new Float32Array(size), { seed, sample }).map((u) => 2 * u - 1);
  const [w, v, x, y] = [random(n, 0), random(n, 1), random(B * I, 2), random(B, 3)] as const;

  const loss = (w: tf.Tensor) => {
    const [W, c, a] = tf.split(w, [I * H, H, H]) as [tf.Tensor, tf.Tensor, tf.Tensor];
    const z = tf.add(tf.matMul(tf.tensor2d(x, [B, I]), tf.reshape(W, [I, H])), c);
    const f = tf.matMul(act(z) as tf.Tensor2D, tf.reshape(a, [H, 1]));
    return tf.mean(tf.square(tf.sub(f, tf.tensor2d(y, [B, 1]))));
  };
  const product = tf
    .grad((w) => tf.sum(tf.mul(tf.grad(loss)(w), tf.tensor1d(v))))(tf.tensor1d(w))
    .dataSync();

  const h = 1e-5;
  const at = (sign: number) =>
    gradient(
      Array.from(w, (wi, i) => wi + sign * h * v[i]!),
      x,
      y,
      act64,
      dAct64,
    );
  const [plus, minus] = [at(1), at(-1)];
  const expected = plus.map((g, i) => (g - minus[i]!) / (2 * h));
  const scale = Math.max(...expected.map(Math.abs));
  product.forEach((value, i) =>
    expect(Math.abs(value - expected[i]!), `element ${i}, seed ${seed}`).toBeLessThan(1e-5 * scale),
  );
});
