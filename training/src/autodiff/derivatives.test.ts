import { uniforms } from '@scorebridge/runtime';
import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, test } from 'vitest';
import { divergence } from './divergence.js';
import { hutchinsonDivergence } from './hutchinson-divergence.js';
import { hvp } from './hvp.js';
import { jvp } from './jvp.js';
import { vjp } from './vjp.js';

beforeAll(() => tf.setBackend('cpu'));

const seed = 23;
let sample = 0;
const random = (...shape: number[]) =>
  tf.tensor(
    uniforms(new Float32Array(tf.util.sizeFromShape(shape)), { seed, sample: sample++ }).map(
      (u) => 2 * u - 1,
    ),
    shape,
  );

function expectClose(found: tf.Tensor, expected: readonly number[], within = 1e-5) {
  const values = Array.from(found.dataSync());
  expect(values.length).toBe(expected.length);
  const scale = Math.max(1e-3, ...expected.map(Math.abs));
  values.forEach((value, i) =>
    expect(
      Math.abs(value - expected[i]!),
      `element ${i}: ${value}, expected ${expected[i]}, seed ${seed}`,
    ).toBeLessThan(within * scale),
  );
}

// f(x) = tanh(x W), [B, 3] -> [B, 3] (or 2), in float64 by hand: J_ji = (1 - y_j^2) W_ij.
const B = 4;
const data = (t: tf.Tensor) => t.arraySync() as number[][];
function field(outputs: number) {
  const [W, x] = [random(3, outputs), random(B, 3)];
  const f = (x: tf.Tensor) => tf.tanh(tf.matMul(x as tf.Tensor2D, W as tf.Tensor2D));
  const [w, xs] = [data(W), data(x)];
  const y = xs.map((row) => w[0]!.map((_, j) => Math.tanh(row.reduce((s, v, i) => s + v * w[i]![j]!, 0))));
  const jacobian = (b: number, j: number, i: number) => (1 - y[b]![j]! ** 2) * w[i]![j]!;
  return { f, x, xs, y, w, jacobian };
}
const range = (n: number) => Array.from({ length: n }, (_, i) => i);
const sum = (n: number, f: (i: number) => number) => range(n).reduce((s, i) => s + f(i), 0);

test('vjp is the value and the rows of the Jacobian, weighed', () => {
  const { f, x, y, jacobian } = field(2);
  const v = random(B, 2);
  const { value, pullback } = vjp(f, x, v);
  expectClose(value, y.flat());
  const vs = data(v);
  expectClose(
    pullback,
    range(B).flatMap((b) => range(3).map((i) => sum(2, (j) => vs[b]![j]! * jacobian(b, j, i)))),
  );
});

test('jvp is the value and the columns of the Jacobian, weighed', () => {
  const { f, x, y, jacobian } = field(2);
  const v = random(B, 3);
  const { value, tangent } = jvp(f, x, v);
  expectClose(value, y.flat());
  const vs = data(v);
  expectClose(
    tangent,
    range(B).flatMap((b) => range(2).map((j) => sum(3, (i) => jacobian(b, j, i) * vs[b]![i]!))),
  );
});

test('hvp of the sum of tanh(x W), sample by sample', () => {
  const { f, x, y, w } = field(2);
  const v = random(B, 3);
  const vs = data(v);
  const energies = (x: tf.Tensor) => tf.sum(f(x), 1);
  // H_ik = sum_j -2 y_j (1 - y_j^2) W_ij W_kj
  expectClose(
    hvp(energies, x, v),
    range(B).flatMap((b) =>
      range(3).map((i) =>
        sum(
          2,
          (j) => -2 * y[b]![j]! * (1 - y[b]![j]! ** 2) * w[i]![j]! * sum(3, (k) => w[k]![j]! * vs[b]![k]!),
        ),
      ),
    ),
  );
});

test('divergence and its estimate', () => {
  const { f, x, jacobian } = field(3);
  expectClose(
    divergence(f, x),
    range(B).map((b) => sum(3, (i) => jacobian(b, i, i))),
  );
  const v = random(2, B, 3);
  const vs = v.arraySync() as number[][][];
  const estimate = (s: number, b: number) =>
    sum(3, (i) => sum(3, (j) => vs[s]![b]![j]! * jacobian(b, j, i) * vs[s]![b]![i]!));
  expectClose(
    hutchinsonDivergence(f, x, v),
    range(B).map((b) => (estimate(0, b) + estimate(1, b)) / 2),
  );
  expectClose(
    hutchinsonDivergence(f, x, tf.squeeze(tf.slice(v, 1, 1), [0])),
    range(B).map((b) => estimate(1, b)),
  );
});

test('the divergence of images is that of their pixels', () => {
  const scale = random(1, 2, 2, 1);
  const x = random(B, 2, 2, 1);
  const factors = Array.from(scale.dataSync());
  const xs = data(tf.reshape(x, [B, 4]));
  // f_p = s_p x_p^3
  expectClose(
    divergence((x) => tf.mul(scale, tf.pow(x, 3)), x),
    range(B).map((b) => sum(4, (p) => 3 * factors[p]! * xs[b]![p]! ** 2)),
  );
});

test('all signs as probes give the divergence itself', () => {
  const { f, x } = field(3);
  const signs = range(8).map((k) => range(3).map((i) => (k & (1 << i) ? 1 : -1)));
  const v = tf.tile(tf.reshape(tf.tensor2d(signs), [8, 1, 3]), [1, B, 1]);
  expectClose(hutchinsonDivergence(f, x, v), Array.from(divergence(f, x).dataSync()));
});

describe('all of them can be differentiated again', () => {
  const v3 = tf.tensor1d([0.7, -0.4, 1.1]);
  const x3 = tf.tensor1d([0.3, -0.8, 0.5]);
  const [xs, vs] = [x3, v3].map((t) => Array.from(t.dataSync())) as [number[], number[]];
  const dTanh = (x: number) => 1 - Math.tanh(x) ** 2;
  const d2Tanh = (x: number) => -2 * Math.tanh(x) * dTanh(x);
  const d3Tanh = (x: number) => 4 * Math.tanh(x) ** 2 * dTanh(x) - 2 * dTanh(x) ** 2;
  const column = (f: (x: tf.Tensor) => tf.Tensor) => (x: tf.Tensor) => f(tf.reshape(x, [3, 1]));

  test.each([
    ['vjp', (x: tf.Tensor) => vjp(tf.tanh, x, v3).pullback, d2Tanh, 1],
    ['jvp', (x: tf.Tensor) => jvp(tf.tanh, x, v3).tangent, d2Tanh, 1],
    ['hvp', (x: tf.Tensor) => hvp((x) => tf.sum(tf.tanh(x)), x, v3), d3Tanh, 1],
    ['divergence', column((x) => divergence(tf.tanh, x)), d2Tanh, 0],
    [
      'hutchinsonDivergence',
      column((x) => hutchinsonDivergence(tf.tanh, x, tf.reshape(v3, [3, 1]))),
      d2Tanh,
      2,
    ],
  ] as const)('%s of tanh', (_, product, derivative, power) => {
    expectClose(
      tf.grad((x) => tf.sum(product(x)))(x3),
      xs.map((x, i) => derivative(x) * vs[i]! ** power),
    );
  });

  test('the value of vjp and of jvp', () => {
    expectClose(tf.grad((x) => vjp(tf.tanh, x, v3).value)(x3), xs.map(dTanh));
    expectClose(tf.grad((x) => jvp(tf.tanh, x, v3).value)(x3), xs.map(dTanh));
  });

  test('a derivative that does not depend on x has the derivative zero', () => {
    const linear = (x: tf.Tensor) => tf.mul(x, 3);
    const zeros = [0, 0, 0];
    expectClose(
      hvp((x) => tf.sum(linear(x)), x3, v3),
      zeros,
    );
    for (const f of [
      (x: tf.Tensor) => vjp(linear, x, v3).pullback,
      (x: tf.Tensor) => jvp(linear, x, v3).tangent,
      (x: tf.Tensor) => hvp((x) => tf.sum(tf.square(x)), x, v3),
      column((x) => divergence(linear, x)),
      column((x) => divergence(() => tf.ones([3, 1]), x)),
    ])
      expectClose(tf.grad((x) => tf.sum(f(x)))(x3), zeros);
  });
});

test('shapes that do not fit are refused by name', () => {
  const x = tf.zeros([4, 3]);
  const v = tf.zeros([3]);
  expect(() => vjp(tf.tanh, x, v)).toThrow('has shape [3]; expected that of f(x), [4, 3]');
  expect(() => jvp(tf.tanh, x, v)).toThrow('has shape [3]; expected that of x, [4, 3]');
  expect(() => hvp(tf.tanh, x, v)).toThrow('has shape [3]; expected that of x, [4, 3]');
  expect(() => hutchinsonDivergence(tf.tanh, x, v)).toThrow('have shape [3]; expected that of x, [4, 3]');
  expect(() => divergence((x) => tf.sum(x, 1), x)).toThrow('expected that of f(x), [4]');
});
