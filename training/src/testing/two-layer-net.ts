import { uniforms } from '@scorebridge/runtime';
import * as tf from '@tensorflow/tfjs';

export const NET_SEED = 5;
const [B, I, H] = [4, 3, 5];
/** Weights of the net: (W, c, a) in one vector. */
const n = I * H + H + H;

const random = (size: number, sample: number) =>
  uniforms(new Float32Array(size), { seed: NET_SEED, sample }).map((u) => 2 * u - 1);

/** Weights, and the direction that the Hessian is multiplied by. */
export const [weights, direction] = [random(n, 0), random(n, 1)];
const [x, y] = [random(B * I, 2), random(B, 3)];

/** An activation, and itself and its derivative in float64. */
type Activation = readonly [
  name: string,
  f: (z: tf.Tensor) => tf.Tensor,
  f64: (z: number) => number,
  derivative: (z: number) => number,
];

const s = (z: number) => 1 / (1 + Math.exp(-z));
const phi = (z: number) => Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI);
/** The cumulative distribution of the normal, by its series about 0. */
const Phi = (z: number) => {
  let [term, sum] = [z, z];
  for (let n = 1; n < 80; n++) sum += term *= (z * z) / (2 * n + 1);
  return 0.5 + phi(z) * sum;
};
const [ALPHA, SCALE] = [1.6732632423543772, 1.0507009873554805];

// prettier-ignore
export const activations: readonly Activation[] = [
  ['tanh', tf.tanh, Math.tanh, (z) => 1 - Math.tanh(z) ** 2],
  ['sigmoid', tf.sigmoid, s, (z) => s(z) * (1 - s(z))],
  ['silu', (z) => tf.mul(z, tf.sigmoid(z)), (z) => z * s(z), (z) => s(z) * (1 + z * (1 - s(z)))],
  ['softplus', tf.softplus, (z) => Math.log1p(Math.exp(z)), s],
  ['gelu', (z) => tf.mul(tf.mul(0.5, z), tf.add(1, tf.erf(tf.div(z, Math.SQRT2)))), (z) => z * Phi(z), (z) => Phi(z) + z * phi(z)],
  ['elu', tf.elu, (z) => (z > 0 ? z : Math.expm1(z)), (z) => (z > 0 ? 1 : Math.exp(z))],
  ['selu', tf.selu, (z) => SCALE * (z > 0 ? z : ALPHA * Math.expm1(z)), (z) => SCALE * (z > 0 ? 1 : ALPHA * Math.exp(z))],
  ['relu', tf.relu, (z) => Math.max(z, 0), (z) => (z > 0 ? 1 : 0)],
  ['relu6', (z) => tf.relu6(tf.mul(4, z)), (z) => Math.min(Math.max(4 * z, 0), 6), (z) => (z > 0 && z < 1.5 ? 4 : 0)],
  ['leaky relu', (z) => tf.leakyRelu(z, 0.2), (z) => (z > 0 ? z : 0.2 * z), (z) => (z > 0 ? 1 : 0.2)],
  ['sine', tf.sin, Math.sin, Math.cos],
];

/** H v at w for the loss mean_b (a . act(x_b W + c) - y_b)^2, w and v [25]. */
export const netProduct =
  ([, act]: Activation) =>
  (w: tf.Tensor, v: tf.Tensor): tf.Tensor => {
    const loss = (w: tf.Tensor) => {
      const [W, c, a] = tf.split(w, [I * H, H, H]) as [tf.Tensor, tf.Tensor, tf.Tensor];
      const z = tf.add(tf.matMul(tf.tensor2d(x, [B, I]), tf.reshape(W, [I, H])), c);
      const f = tf.matMul(act(z) as tf.Tensor2D, tf.reshape(a, [H, 1]));
      return tf.mean(tf.square(tf.sub(f, tf.tensor2d(y, [B, 1]))));
    };
    return tf.grad((w) => tf.sum(tf.mul(tf.grad(loss)(w), v)))(w);
  };

/** The gradient of that loss by hand, in float64. */
function gradient(w: readonly number[], [, , act, dAct]: Activation): number[] {
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

/** How far a product is from central differences of the gradient in float64, relative to the largest element. */
export function netError(product: ArrayLike<number>, activation: Activation): number {
  const h = 1e-5;
  const at = (sign: number) =>
    gradient(
      Array.from(weights, (wi, i) => wi + sign * h * direction[i]!),
      activation,
    );
  const [plus, minus] = [at(1), at(-1)];
  const expected = plus.map((g, i) => (g - minus[i]!) / (2 * h));
  return Math.max(...expected.map((e, i) => Math.abs(product[i]! - e))) / Math.max(...expected.map(Math.abs));
}
