import { uniforms } from '@scorebridge/runtime';
import * as tf from '@tensorflow/tfjs';
import type { Operand, SecondDerivativeCase } from './second-derivative-cases.js';

export const SURVEY_SEED = 20261124;

/** Relative errors that rounding does not reach, and a missing or wrong part of a derivative exceeds. */
export const TOLERANCE = { first: 1e-4, second: 2e-4 };

/** The cpu backend, and the two kernels of the survey that it has not. */
export async function surveyBackend(): Promise<void> {
  await tf.setBackend('cpu');
  tf.registerKernel({
    kernelName: tf.LogSoftmax,
    backendName: 'cpu',
    kernelFunc: ({ inputs }) => tf.logSoftmax(inputs.logits as tf.Tensor),
  });
  tf.registerKernel({
    kernelName: tf.BroadcastTo,
    backendName: 'cpu',
    kernelFunc: ({ inputs, attrs }) => {
      const x = inputs.x as tf.Tensor;
      return tf.tile(
        x,
        (attrs as { shape: number[] }).shape.map((d, i) => d / x.shape[i]!),
      );
    },
  });
}

/**
 * Values of an operand: an evenly spaced grid in random order, so that none lies within half a spacing of another or
 * (the interval being chosen so) of a point where a piecewise function has no derivative.
 */
export function spread({ shape, low, high }: Operand, sample: number): Float32Array {
  const n = tf.util.sizeFromShape([...shape]);
  const random = uniforms(new Float32Array(n), { seed: SURVEY_SEED, sample });
  const order = Array.from(random.keys()).sort((i, j) => random[i]! - random[j]!);
  return Float32Array.from(order, (rank) => low + ((high - low) * (rank + 0.5)) / n);
}

const numbers = (n: number, sample: number) =>
  Float32Array.from(uniforms(new Float32Array(n), { seed: SURVEY_SEED, sample }), (u) => 2 * u - 1);

/**
 * The two programs of a case's operands: sum(w f) and sum(w f^2) / 2, each beside sum(x^2) / 2, a second path, without
 * which TensorFlow.js notices that a path is missing where it would otherwise return a wrong number.
 */
export const programs = ['w f', 'w f^2 / 2'] as const;

export function loss(program: (typeof programs)[number], f: SecondDerivativeCase['f']) {
  return (...xs: tf.Tensor[]): tf.Scalar => {
    const y = f(...(xs as tf.Tensor4D[]));
    const w = tf.tensor(numbers(y.size, 99), y.shape);
    const outer = program === 'w f' ? y : tf.mul(0.5, tf.square(y));
    const beside = xs.map((x) => tf.mul(0.5, tf.sum(tf.square(x)))).reduce((a, b) => tf.add(a, b));
    return tf.add(tf.sum(tf.mul(w, outer)), beside) as tf.Scalar;
  };
}

/** Values and directions for the operands of a case. */
export function point({ operands }: SecondDerivativeCase) {
  const x = operands.map((operand, i) => spread(operand, i));
  const v = x.map((values, i) => numbers(values.length, 50 + i));
  return { x, v };
}

/** H v for the Hessian of a scalar program over all of its operands. */
export const hessianVector =
  (program: (...xs: tf.Tensor[]) => tf.Scalar, v: readonly tf.Tensor[]) =>
  (...xs: tf.Tensor[]): tf.Tensor[] =>
    tf.grads((...xs: tf.Tensor[]) =>
      tf
        .grads(program)(xs)
        .map((g, i) => tf.sum(tf.mul(g, v[i]!)))
        .reduce((a, b) => tf.add(a, b)),
    )(xs);

export interface Errors {
  /** Of the gradient against finite differences of the program, along v. */
  readonly first: number;
  /** Of the Hessian-vector product against finite differences of the gradient. */
  readonly second: number;
}

/** How far the derivatives of a case are from finite differences, relative to the largest element. */
export function survey(
  example: SecondDerivativeCase,
  program: (typeof programs)[number],
  product?: readonly Float32Array[],
): Errors {
  return tf.tidy(() => {
    const { x, v } = point(example);
    const tensors = (values: readonly Float32Array[]) =>
      values.map((a, i) => tf.tensor(a, [...example.operands[i]!.shape]));
    const f = loss(program, example.f);
    // The step is a fraction of the spacing of the values, so that no order among them changes.
    const spacing = example.operands.map(
      ({ shape, low, high }) => (high - low) / tf.util.sizeFromShape([...shape]),
    );
    const h = Math.min(0.02, 0.2 * Math.min(...spacing));
    const along = (by: number) => x.map((a, i) => a.map((value, j) => value + by * h * v[i]![j]!));
    // Float32 rounds x + h v: what it moved by is taken from what it became.
    const stencil = (at: (x: tf.Tensor[]) => Float64Array) => {
      const [a, b, c, d] = [2, 1, -1, -2].map((by) => at(tensors(along(by)))) as Float64Array[];
      return a!.map((_, i) => (-a![i]! + 8 * b![i]! - 8 * c![i]! + d![i]!) / (12 * h));
    };
    const flat = (ts: tf.Tensor[]) => Float64Array.from(ts.flatMap((t) => Array.from(t.dataSync())));
    const found = product
      ? Float64Array.from(product.flatMap((p) => Array.from(p)))
      : flat(hessianVector(f, tensors(v))(...tensors(x)));
    const expected = stencil((xs) => flat(tf.grads(f)(xs)));
    const error = (a: Float64Array, b: Float64Array) => {
      const scale = Math.max(...b.map(Math.abs));
      return (
        Math.max(...a.map((value, i) => (Number.isFinite(value) ? Math.abs(value - b[i]!) : Infinity))) /
        scale
      );
    };
    const gradient = flat(tf.grads(f)(tensors(x)));
    const directions = Float64Array.from(v.flatMap((a) => Array.from(a)));
    const slope = gradient.reduce((sum, g, i) => sum + g * directions[i]!, 0);
    const size = gradient.reduce((sum, g, i) => sum + Math.abs(g * directions[i]!), 0);
    const [numeric] = stencil((xs) => Float64Array.of(f(...xs).dataSync()[0]!));
    return { first: Math.abs(slope - numeric!) / size, second: error(found, expected) };
  });
}
