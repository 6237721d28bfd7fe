import { uniforms } from '@scorebridge/runtime';
import * as tf from '@tensorflow/tfjs';
import type { Operand, SecondDerivativeCase } from './second-derivative-cases.js';

export const SURVEY_SEED = 20261124;

/** Relative errors that rounding does not reach, and a missing or wrong part of a derivative exceeds. */
export const TOLERANCE = { first: 1e-4, second: 2e-4, third: 5e-4 };

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
 * The two programs of a case's operands: sum(w f) and sum(w f^2) / 2, each beside sum(x^2 / 2 + x^4 / 24), a second
 * path, without which TensorFlow.js notices that a path is missing where it would otherwise return a wrong number.
 */
export const programs = ['w f', 'w f^2 / 2'] as const;

const besides = (x: tf.Tensor) => {
  const square = tf.square(x);
  return tf.sum(tf.add(tf.mul(1 / 2, square), tf.mul(1 / 24, tf.square(square))));
};

export function loss(program: (typeof programs)[number], f: SecondDerivativeCase['f']) {
  return (...xs: tf.Tensor[]): tf.Scalar => {
    const y = f(...(xs as tf.Tensor4D[]));
    const w = tf.tensor(numbers(y.size, 99), y.shape);
    const outer = program === 'w f' ? y : tf.mul(0.5, tf.square(y));
    return xs.map(besides).reduce((a, b) => tf.add(a, b), tf.sum(tf.mul(w, outer))) as tf.Scalar;
  };
}

/** Values and directions for the operands of a case. */
export function point({ operands }: SecondDerivativeCase) {
  const x = operands.map((operand, i) => spread(operand, i));
  const v = x.map((values, i) => numbers(values.length, 50 + i));
  return { x, v };
}

/** <grad f, v> of a scalar function of several operands. */
const slope =
  (f: (...xs: tf.Tensor[]) => tf.Tensor, v: readonly tf.Tensor[]) =>
  (...xs: tf.Tensor[]): tf.Tensor =>
    tf
      .grads(f)(xs)
      .map((g, i) => tf.sum(tf.mul(g, v[i]!)))
      .reduce((a, b) => tf.add(a, b));

/** H v for the Hessian of a scalar program over all of its operands. */
export const hessianVector =
  (program: (...xs: tf.Tensor[]) => tf.Scalar, v: readonly tf.Tensor[]) =>
  (...xs: tf.Tensor[]): tf.Tensor[] =>
    tf.grads(slope(program, v))(xs);

export interface Errors {
  /** Of the gradient against finite differences of the program, along v. */
  readonly first: number;
  /** Of the Hessian-vector product against finite differences of the gradient, along v. */
  readonly second: number;
}

const flat = (ts: readonly tf.Tensor[]) => Float64Array.from(ts.flatMap((t) => Array.from(t.dataSync())));

/** A case at its point: functions of operands, and what finite differences of such a function along v are. */
function setting(example: SecondDerivativeCase, program: (typeof programs)[number]) {
  const { x, v } = point(example);
  const tensors = (values: readonly Float32Array[]) =>
    values.map((a, i) => tf.tensor(a, [...example.operands[i]!.shape]));
  // The step is a fraction of the spacing of the values, so that no order among them changes.
  const spacing = example.operands.map(
    ({ shape, low, high }) => (high - low) / tf.util.sizeFromShape([...shape]),
  );
  const h = Math.min(0.02, 0.2 * Math.min(...spacing));
  const along = (by: number) => x.map((a, i) => a.map((value, j) => value + by * h * v[i]![j]!));
  const differences = (f: (xs: tf.Tensor[]) => Float64Array) => {
    const [a, b, c, d] = [2, 1, -1, -2].map((by) => f(tensors(along(by)))) as Float64Array[];
    return a!.map((_, i) => (-a![i]! + 8 * b![i]! - 8 * c![i]! + d![i]!) / (12 * h));
  };
  return { f: loss(program, example.f), x: tensors(x), v: tensors(v), differences };
}

/** The largest difference, relative to the largest element. */
const distance = (found: Float64Array, expected: Float64Array) =>
  Math.max(...found.map((value, i) => (Number.isFinite(value) ? Math.abs(value - expected[i]!) : Infinity))) /
  Math.max(...expected.map(Math.abs));

/** How far the derivatives of a case, or a Hessian-vector product from elsewhere, are from finite differences. */
export function survey(
  example: SecondDerivativeCase,
  program: (typeof programs)[number],
  product?: readonly Float32Array[],
): Errors {
  return tf.tidy(() => {
    const { f, x, v, differences } = setting(example, program);
    const found = product
      ? Float64Array.from(product.flatMap((p) => Array.from(p)))
      : flat(hessianVector(f, v)(...x));
    const second = distance(
      found,
      differences((xs) => flat(tf.grads(f)(xs))),
    );
    const [gradient, directions] = [flat(tf.grads(f)(x)), flat(v)];
    const along = gradient.reduce((sum, g, i) => sum + g * directions[i]!, 0);
    const size = gradient.reduce((sum, g, i) => sum + Math.abs(g * directions[i]!), 0);
    const [numeric] = differences((xs) => Float64Array.of(f(...xs).dataSync()[0]!));
    return { first: Math.abs(along - numeric!) / size, second };
  });
}

/** How far the gradient of v' H v, a third derivative, is from finite differences of H v. */
export function surveyThird(example: SecondDerivativeCase, program: (typeof programs)[number]): number {
  return tf.tidy(() => {
    const { f, x, v, differences } = setting(example, program);
    return distance(
      flat(tf.grads(slope(slope(f, v), v))(x)),
      differences((xs) => flat(hessianVector(f, v)(...xs))),
    );
  });
}
