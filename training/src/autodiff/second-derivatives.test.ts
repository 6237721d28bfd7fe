import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, test } from 'vitest';
import { repeatPixels } from '../layers/resample.js';
import { registerCorrectedGradients } from './register.js';
import { logSoftmax } from './softmax.js';

const points = [-2.3, -1.1, -0.7, -0.35, -0.1, 0.2, 0.7, 1.3, 1.9, 2.6];
const s = (x: number) => 1 / (1 + Math.exp(-x));
const normal = (x: number) => (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x);
const phi = (x: number) => Math.exp((-x * x) / 2) / Math.sqrt(2 * Math.PI);
/** The cumulative distribution of the normal, by its series about 0. */
const Phi = (x: number) => {
  let [term, sum] = [x, x];
  for (let n = 1; n < 60; n++) sum += term *= (x * x) / (2 * n + 1);
  return 0.5 + phi(x) * sum;
};
const [ALPHA, SCALE] = [1.6732632423543772, 1.0507009873554805];
/** softmax([x, 0]) is [s(x), 1 - s(x)]. */
const withZero = (x: tf.Tensor) => tf.stack([x, tf.zerosLike(x)], -1);
const first = (pair: tf.Tensor) => tf.squeeze(tf.slice(pair, [0, 0], [-1, 1]), [1]);

interface Case {
  f: (x: tf.Tensor) => tf.Tensor;
  d1: (x: number) => number;
  d2: (x: number) => number;
  /** Where f is defined, if not everywhere. */
  on?: (x: number) => boolean;
}

// prettier-ignore
const cases: Record<string, Case> = {
  exp: { f: tf.exp, d1: Math.exp, d2: Math.exp },
  'exp(sin x)': {
    f: (x) => tf.exp(tf.sin(x)),
    d1: (x) => Math.cos(x) * Math.exp(Math.sin(x)),
    d2: (x) => (Math.cos(x) ** 2 - Math.sin(x)) * Math.exp(Math.sin(x)),
  },
  sigmoid: { f: tf.sigmoid, d1: (x) => s(x) * (1 - s(x)), d2: (x) => s(x) * (1 - s(x)) * (1 - 2 * s(x)) },
  silu: {
    f: (x) => tf.mul(x, tf.sigmoid(x)),
    d1: (x) => s(x) * (1 + x * (1 - s(x))),
    d2: (x) => s(x) * (1 - s(x)) * (2 + x * (1 - 2 * s(x))),
  },
  tanh: {
    f: tf.tanh,
    d1: (x) => 1 - Math.tanh(x) ** 2,
    d2: (x) => -2 * Math.tanh(x) * (1 - Math.tanh(x) ** 2),
  },
  'tanh squared': {
    f: (x) => tf.square(tf.tanh(x)),
    d1: (x) => 2 * Math.tanh(x) * (1 - Math.tanh(x) ** 2),
    d2: (x) => 2 * (1 - Math.tanh(x) ** 2) * (1 - 3 * Math.tanh(x) ** 2),
  },
  elu: { f: tf.elu, d1: (x) => (x > 0 ? 1 : Math.exp(x)), d2: (x) => (x > 0 ? 0 : Math.exp(x)) },
  sqrt: { f: tf.sqrt, d1: (x) => 0.5 * x ** -0.5, d2: (x) => -0.25 * x ** -1.5, on: (x) => x > 0 },
  rsqrt: { f: tf.rsqrt, d1: (x) => -0.5 * x ** -1.5, d2: (x) => 0.75 * x ** -2.5, on: (x) => x > 0 },
  'x^2.5': { f: (x) => tf.pow(x, 2.5), d1: (x) => 2.5 * x ** 1.5, d2: (x) => 3.75 * x ** 0.5, on: (x) => x > 0 },
  'x^3': { f: (x) => tf.pow(x, 3), d1: (x) => 3 * x ** 2, d2: (x) => 6 * x },
  '1.7^x': {
    f: (x) => tf.pow(1.7, x),
    d1: (x) => Math.log(1.7) * 1.7 ** x,
    d2: (x) => Math.log(1.7) ** 2 * 1.7 ** x,
  },
  'x^x': {
    f: (x) => tf.pow(x, x),
    d1: (x) => x ** x * (Math.log(x) + 1),
    d2: (x) => x ** x * ((Math.log(x) + 1) ** 2 + 1 / x),
    on: (x) => x > 0,
  },
  softmax: {
    f: (x) => first(tf.softmax(withZero(x))),
    d1: (x) => s(x) * (1 - s(x)),
    d2: (x) => s(x) * (1 - s(x)) * (1 - 2 * s(x)),
  },
  logSoftmax: { f: (x) => first(logSoftmax(withZero(x))), d1: (x) => 1 - s(x), d2: (x) => -s(x) * (1 - s(x)) },
  // The cpu backend has no such kernel; beforeAll gives it one.
  'the LogSoftmax kernel': {
    f: (x) => first(tf.engine().runKernel(tf.LogSoftmax, { logits: withZero(x) }, { axis: -1 }) as tf.Tensor),
    d1: (x) => 1 - s(x),
    d2: (x) => -s(x) * (1 - s(x)),
  },
  logSumExp: { f: (x) => tf.logSumExp(withZero(x), -1), d1: s, d2: (x) => s(x) * (1 - s(x)) },
  max: {
    f: (x) => tf.max(tf.stack([tf.pow(x, 3), x]), 0),
    d1: (x) => (x ** 3 > x ? 3 * x ** 2 : 1),
    d2: (x) => (x ** 3 > x ? 6 * x : 0),
  },
  'squared min': {
    f: (x) => tf.square(tf.min(tf.stack([tf.square(x), x], -1), -1)),
    d1: (x) => (x ** 2 < x ? 4 * x ** 3 : 2 * x),
    d2: (x) => (x ** 2 < x ? 12 * x ** 2 : 2),
  },
  erf: {
    f: tf.erf,
    d1: (x) => normal(x),
    d2: (x) => -2 * x * normal(x),
  },
  gelu: {
    f: (x) => tf.mul(tf.mul(0.5, x), tf.add(1, tf.erf(tf.div(x, Math.SQRT2)))),
    d1: (x) => Phi(x) + x * phi(x),
    d2: (x) => phi(x) * (2 - x * x),
  },
  expm1: { f: tf.expm1, d1: Math.exp, d2: Math.exp },
  softplus: { f: tf.softplus, d1: s, d2: (x) => s(x) * (1 - s(x)) },
  'tf.logSigmoid': { f: tf.logSigmoid, d1: (x) => 1 - s(x), d2: (x) => -s(x) * (1 - s(x)) },
  selu: {
    f: tf.selu,
    d1: (x) => (x > 0 ? SCALE : SCALE * ALPHA * Math.exp(x)),
    d2: (x) => (x > 0 ? 0 : SCALE * ALPHA * Math.exp(x)),
  },
  'selu where exp overflows': {
    f: (x) => tf.square(tf.selu(tf.mul(100, x))),
    d1: (x) => 2e4 * SCALE ** 2 * x,
    d2: () => 2e4 * SCALE ** 2,
    on: (x) => x > 1,
  },
  'squared relu6': {
    f: (x) => tf.square(tf.relu6(tf.mul(4, x))),
    d1: (x) => (x > 0 && x < 1.5 ? 32 * x : 0),
    d2: (x) => (x > 0 && x < 1.5 ? 32 : 0),
  },
  'squared leaky relu': {
    f: (x) => tf.square(tf.leakyRelu(x, 0.3)),
    d1: (x) => (x > 0 ? 2 * x : 0.18 * x),
    d2: (x) => (x > 0 ? 2 : 0.18),
  },
  // Of x by x: the slope of the negative half is a function of x too.
  'prelu of x by x^2': {
    f: (x) => tf.prelu(x, tf.square(x)),
    d1: (x) => (x > 0 ? 1 : 3 * x ** 2),
    d2: (x) => (x > 0 ? 0 : 6 * x),
  },
  'atan2(x, 2)': {
    f: (x) => tf.atan2(x, tf.fill(x.shape, 2)),
    d1: (x) => 2 / (4 + x * x),
    d2: (x) => (-4 * x) / (4 + x * x) ** 2,
  },
  'atan2(2, x)': {
    f: (x) => tf.atan2(tf.fill(x.shape, 2), x),
    d1: (x) => -2 / (4 + x * x),
    d2: (x) => (4 * x) / (4 + x * x) ** 2,
  },
  'a product of x, x^2 and 2': {
    f: (x) => tf.prod(tf.stack([x, tf.square(x), tf.fill(x.shape, 2)], 1), 1),
    d1: (x) => 6 * x ** 2,
    d2: (x) => 12 * x,
  },
  // At the factor 0 the products of the others are still right: (x - x0) x has the second derivative 2.
  'a product with a zero': {
    f: (x) => tf.prod(tf.stack([tf.sub(x, tf.tensor(x.dataSync(), x.shape)), x], 1), 1),
    d1: (x) => x,
    d2: () => 2,
  },
  'squared maximum of x^3': {
    f: (x) => tf.square(tf.maximum(tf.pow(x, 3), tf.scalar(0.1))),
    d1: (x) => (x ** 3 > 0.1 ? 6 * x ** 5 : 0),
    d2: (x) => (x ** 3 > 0.1 ? 30 * x ** 4 : 0),
  },
  // LRN of one channel: x (1 + x^2 / 2)^-1/2.
  'local response normalization': {
    f: (x) => tf.reshape(tf.localResponseNormalization(tf.reshape(x, [-1, 1, 1, 1]) as tf.Tensor4D, 2, 1, 0.5, 0.5), [-1]),
    d1: (x) => (1 + x * x / 2) ** -1.5,
    d2: (x) => -1.5 * x * (1 + x * x / 2) ** -2.5,
  },
  'squared max pool of x^3 and x': {
    f: (x) => {
      const pair = tf.reshape(tf.stack([tf.pow(x, 3), x], 1), [-1, 1, 2, 1]) as tf.Tensor4D;
      return tf.reshape(tf.square(tf.maxPool(pair, [1, 2], 1, 'valid')), [-1]);
    },
    d1: (x) => (x ** 3 > x ? 6 * x ** 5 : 2 * x),
    d2: (x) => (x ** 3 > x ? 30 * x ** 4 : 2),
  },
  'squared mirrored sum': {
    // [x, 2x] mirrored symmetrically by one is [x, x, 2x, 2x].
    f: (x) => tf.square(tf.sum(tf.mirrorPad(tf.stack([x, tf.mul(2, x)], 1), [[0, 0], [1, 1]], 'symmetric'), 1)),
    d1: (x) => 72 * x,
    d2: () => 72,
  },
  'squared cumulative sums': {
    // [x, 2x] along the first axis: x and 3x.
    f: (x) => tf.sum(tf.square(tf.cumsum(tf.stack([x, tf.mul(2, x)], 0), 0)), 0),
    d1: (x) => 20 * x,
    d2: () => 20,
  },
  // x (0.8 + x^2)^-1/2 + x: variance, offset and scale are functions of x.
  'batch norm of 1 by variance x^2': {
    f: (x) => {
      const ones = tf.reshape(tf.onesLike(x), [1, 1, 1, -1]) as tf.Tensor4D;
      return tf.reshape(tf.batchNorm(ones, tf.zerosLike(x) as never, tf.square(x) as never, x as never, x as never, 0.8), [-1]);
    },
    d1: (x) => 0.8 * (0.8 + x * x) ** -1.5 + 1,
    d2: (x) => -2.4 * x * (0.8 + x * x) ** -2.5,
  },
  'tf.logSoftmax': {
    f: (x) => first(tf.logSoftmax(withZero(x))),
    d1: (x) => 1 - s(x),
    d2: (x) => -s(x) * (1 - s(x)),
  },
  // Labels [1/4, 3/4] and logits [x, 0]: -x / 4 + log(1 + e^x).
  'tf.losses.softmaxCrossEntropy': {
    f: (x) => tf.losses.softmaxCrossEntropy(tf.tile(tf.tensor2d([[0.25, 0.75]]), [x.size, 1]), withZero(x) as tf.Tensor2D, undefined, 0, tf.Reduction.NONE),
    d1: (x) => s(x) - 0.25,
    d2: (x) => s(x) * (1 - s(x)),
  },
  // Labels [x, 0] and logits [x, 0]: -x log s(x).
  'tf.losses.softmaxCrossEntropy by labels and logits': {
    f: (x) => tf.losses.softmaxCrossEntropy(withZero(x) as tf.Tensor2D, withZero(x) as tf.Tensor2D, undefined, 0, tf.Reduction.NONE),
    d1: (x) => -Math.log(s(x)) - x * (1 - s(x)),
    d2: (x) => -2 * (1 - s(x)) + x * s(x) * (1 - s(x)),
  },
  'squared clip': {
    f: (x) => tf.square(tf.clipByValue(x, -1, 1)),
    d1: (x) => (Math.abs(x) < 1 ? 2 * x : 0),
    d2: (x) => (Math.abs(x) < 1 ? 2 : 0),
  },
  where: {
    f: (x) => tf.where(tf.greater(x, 0), tf.square(x), tf.pow(x, 3)),
    d1: (x) => (x > 0 ? 2 * x : 3 * x ** 2),
    d2: (x) => (x > 0 ? 2 : 6 * x),
  },
};

const expectClose = (actual: tf.Tensor, expected: number[], what: string) =>
  actual.dataSync().forEach((value, i) => {
    const error = Math.abs(value - expected[i]!);
    // Relative; the absolute part is the rounding of values that cancel to (nearly) 0.
    expect(error, `${what}, point ${i}: ${value}, expected ${expected[i]}`).toBeLessThan(
      1e-4 * Math.abs(expected[i]!) + 1e-6,
    );
  });

beforeAll(async () => {
  await tf.setBackend('cpu');
  tf.registerKernel({
    kernelName: tf.LogSoftmax,
    backendName: 'cpu',
    kernelFunc: ({ inputs }) => tf.logSoftmax(inputs.logits as tf.Tensor),
  });
});

test('without the correction the second derivatives of silu and tanh squared are wrong without an error', () => {
  const second = (f: (x: tf.Tensor) => tf.Tensor, x: number) =>
    tf
      .grad((x) => tf.grad(f)(x))(tf.scalar(x))
      .dataSync()[0]!;
  for (const name of ['silu', 'tanh squared']) {
    const { f, d2 } = cases[name]!;
    expect(Math.abs(second(f, 0.7) - d2(0.7)), name).toBeGreaterThan(0.05);
  }
});

describe('first and second derivatives are those of the closed form', () => {
  beforeAll(registerCorrectedGradients);

  test.each(Object.entries(cases))('%s', (_, { f, d1, d2, on = () => true }) => {
    const xs = points.filter(on);
    // Ten points everywhere: where half of them lie outside, as many more inside.
    while (xs.length < 10) xs.push(0.15 + 0.31 * xs.length);
    const x = tf.tensor1d(xs);
    expectClose(tf.grad(f)(x), xs.map(d1), 'first derivative');
    expectClose(tf.grad((x) => tf.grad(f)(x))(x), xs.map(d2), 'second derivative');
  });

  test('with respect to a broadcast base and exponent of pow', () => {
    const b = tf.tensor1d([0.5, 1.5, 3]);
    // sum_i a^b_i
    const second = (f: (a: tf.Tensor) => tf.Tensor, a: number) => tf.grad((a) => tf.grad(f)(a))(tf.scalar(a));
    const bs = [0.5, 1.5, 3];
    const total = (g: (b: number) => number) => [bs.reduce((sum, b) => sum + g(b), 0)];
    expectClose(
      second((a) => tf.pow(a, b), 1.3),
      total((b) => b * (b - 1) * 1.3 ** (b - 2)),
      'base',
    );
    expectClose(
      second((e) => tf.pow(b, e), 1.3),
      total((b) => Math.log(b) ** 2 * b ** 1.3),
      'exponent',
    );
  });

  test('calling registerCorrectedGradients again changes nothing', () => {
    const before = tf.getGradient(tf.Tanh);
    registerCorrectedGradients();
    expect(tf.getGradient(tf.Tanh)).toBe(before);
  });
});

describe('linear maps: the Hessian of |A x|^2 / 2 is A transposed A', () => {
  beforeAll(registerCorrectedGradients);
  const seed = 11;
  const random = (shape: number[], s: number) => tf.randomNormal(shape, 0, 1, 'float32', seed + s);
  const dot = (a: tf.Tensor, b: tf.Tensor) => tf.sum(tf.mul(a, b)).dataSync()[0]!;
  const as4D = (x: tf.Tensor) => x as tf.Tensor4D;

  const maps: Record<string, (x: tf.Tensor) => tf.Tensor> = {
    'average pooling, same': (x) => tf.avgPool(as4D(x), 2, 2, 'same'),
    'average pooling, valid, overlapping': (x) => tf.avgPool(as4D(x), [3, 2], [2, 1], 'valid'),
    'nearest neighbour by two': (x) => repeatPixels(as4D(x)),
    'nearest neighbour': (x) => tf.image.resizeNearestNeighbor(as4D(x), [9, 14]),
    'average pooling, same, overlapping': (x) => tf.avgPool(as4D(x), 3, 2, 'same'),
    'average pooling, rounded up': (x) => tf.avgPool(as4D(x), 3, 2, 1, 'ceil'),
    'nearest neighbour, half-pixel centres': (x) =>
      tf.image.resizeNearestNeighbor(as4D(x), [9, 4], false, true),
    'bilinear, half-pixel centres': (x) => tf.image.resizeBilinear(as4D(x), [7, 4], false, true),
    'depthwise convolution': (x) =>
      tf.depthwiseConv2d(as4D(x), random([3, 2, 2, 2], 9) as tf.Tensor4D, 2, 'same'),
    'mirror padding': (x) =>
      tf.mirrorPad(
        as4D(x),
        [
          [0, 0],
          [2, 1],
          [3, 0],
          [0, 0],
        ],
        'reflect',
      ),
    bilinear: (x) => tf.image.resizeBilinear(as4D(x), [7, 9]),
    'bilinear, corners aligned': (x) => tf.image.resizeBilinear(as4D(x), [7, 9], true),
    mean: (x) => tf.mean(x, [1, 3]),
    'convolution of stride 2': (x) => tf.conv2d(as4D(x), random([3, 3, 2, 4], 9) as tf.Tensor4D, 2, 'same'),
  };

  test.each(Object.entries(maps))('%s', (_, A) => {
    const [x, u, v] = [0, 1, 2].map((s) => random([2, 6, 6, 2], s)) as [tf.Tensor, tf.Tensor, tf.Tensor];
    const gradient = tf.grad((x) => tf.mul(0.5, tf.sum(tf.square(A(x)))));
    const hessianV = tf.grad((x) => tf.sum(tf.mul(gradient(x), v)))(x);
    const expected = dot(A(u), A(v));
    expect(Math.abs(dot(hessianV, u) - expected), `seed ${seed}`).toBeLessThan(1e-4 * Math.abs(expected));
  });

  test.each([
    [1, 'same'],
    [2, 'same'],
    [2, 'valid'],
  ] as const)('the kernel gradient of a convolution (stride %d, %s) in both of its inputs', (stride, pad) => {
    const conv = (x: tf.Tensor, w: tf.Tensor) => tf.conv2d(as4D(x), as4D(w), stride, pad);
    const [x, dx] = [0, 1].map((s) => random([2, 6, 5, 2], s)) as [tf.Tensor, tf.Tensor];
    const [w, u] = [2, 3].map((s) => random([3, 3, 2, 3], s)) as [tf.Tensor, tf.Tensor];
    // F(x) = <d/dw |conv(x, w)|^2 / 2, u> = <conv(x, w), conv(x, u)>, bilinear in each x.
    const F = (x: tf.Tensor) => {
      const gradient = tf.grad((w) => tf.mul(0.5, tf.sum(tf.square(conv(x, w)))))(w);
      return tf.sum(tf.mul(gradient, u));
    };
    const expected = dot(conv(dx, w), conv(x, u)) + dot(conv(x, w), conv(dx, u));
    expect(Math.abs(dot(tf.grad(F)(x), dx) - expected), `seed ${seed}`).toBeLessThan(
      1e-4 * Math.abs(expected),
    );
  });
});

test('batch norm says what its gradient needs, and does without it where none is taken', () => {
  const [x, mean, variance] = [tf.ones([3, 2]), tf.zeros([2]), tf.ones([2])] as const;
  const norm = (x: tf.Tensor, offset?: tf.Tensor1D, scale?: tf.Tensor1D) =>
    tf.sum(tf.batchNorm2d(x as tf.Tensor2D, mean as tf.Tensor1D, variance as tf.Tensor1D, offset, scale));
  const [zeros, ones] = [tf.zeros([2]) as tf.Tensor1D, tf.ones([2]) as tf.Tensor1D];
  const gradient = (...rest: tf.Tensor1D[]) => tf.grad((x: tf.Tensor) => norm(x, ...rest))(x);
  expect(() => gradient()).toThrow('tf.batchNorm has no gradient without scale: give it tf.zerosLike(mean)');
  expect(() => gradient(zeros)).toThrow('tf.batchNorm has no gradient without scale');
  expect(() => tf.grad((x: tf.Tensor) => norm(x, undefined, ones))(x)).toThrow('without offset');
  gradient(zeros, ones)
    .dataSync()
    .forEach((g) => expect(g).toBeCloseTo(1 / Math.sqrt(1.001), 6));
  expect(norm(x).dataSync()[0]).toBeCloseTo(6 / Math.sqrt(1.001), 5);
});
