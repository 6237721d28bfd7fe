import { compile, exportFunction, type TracedFunction } from '@scorebridge/export';
import { createSession } from '@scorebridge/runtime';
import { registerCorrectedGradients } from '@scorebridge/training';
import * as tf from '@tensorflow/tfjs';
import { Tensor } from 'onnxruntime-common';
import { beforeAll, describe, expect, test } from 'vitest';
import { seededNumbers } from './support/random.js';

// Second derivatives through the corrected gradients: traced, exported and run on ONNX Runtime, against the same
// program run eagerly on tfjs's cpu backend.

const SEED = 20240611;
type T4 = tf.Tensor4D;

beforeAll(async () => {
  await tf.setBackend('cpu');
  registerCorrectedGradients();
});

const random = seededNumbers(SEED);
const numbers = (shape: readonly number[], low = -1, high = 1) =>
  Float32Array.from({ length: shape.reduce((p, d) => p * d, 1) }, () => low + (high - low) * random());
const weight = (...shape: number[]) => tf.tensor(numbers(shape), shape);

/** The largest difference, relative to the largest number. */
function distance(a: Float32Array, b: Float32Array): number {
  expect(a.length).toBe(b.length);
  const scale = Math.max(...a.map(Math.abs));
  expect(scale, 'a derivative that is not zero').toBeGreaterThan(1e-3);
  return Math.max(...a.map((v, i) => Math.abs(v - b[i]!))) / scale;
}

interface Case {
  f: (x: tf.Tensor) => tf.Tensor;
  shape?: readonly number[];
  low?: number;
}
const image = [6, 6, 2];
const kernel = weight(3, 3, 2, 3) as T4;

const cases: Record<string, Case> = {
  exp: { f: tf.exp },
  sigmoid: { f: tf.sigmoid },
  silu: { f: (x) => tf.mul(x, tf.sigmoid(x)) },
  tanh: { f: tf.tanh },
  elu: { f: (x) => tf.mul(x, tf.elu(x)) },
  softplus: { f: tf.softplus },
  sqrt: { f: tf.sqrt, low: 0.2 },
  rsqrt: { f: tf.rsqrt, low: 0.2 },
  pow: { f: (x) => tf.pow(x, 2.5), low: 0.2 },
  'division': { f: (x) => tf.div(tf.sin(x), tf.add(2, tf.square(x))) },
  softmax: { f: (x) => tf.square(tf.softmax(x)) },
  'log-sum-exp': { f: (x) => tf.logSumExp(x, -1) },
  max: { f: (x) => tf.square(tf.max(x, -1)) },
  clip: { f: (x) => tf.square(tf.clipByValue(x, -0.5, 0.5)) },
  where: { f: (x) => tf.where(tf.greater(x, 0), tf.square(x), tf.pow(x, 3)) },
  'mean and variance': { f: (x) => tf.div(x, tf.add(tf.moments(x, -1, true).variance, 0.1)) },
  'matrix product': { f: (x) => tf.tanh(tf.matMul(x as tf.Tensor2D, weight2 as tf.Tensor2D)) },
  'concat, split, slice, pad': {
    f: (x) => {
      const [a, b] = tf.split(tf.tanh(x), 2, 1) as [tf.Tensor, tf.Tensor];
      return tf.tanh(tf.pad(tf.slice(tf.concat([a, tf.mul(a, b)], 1), [0, 1], [-1, 3]), [[0, 0], [1, 0]]));
    },
  },
  convolution: { f: (x) => tf.tanh(tf.conv2d(x as T4, kernel, 1, 'same')), shape: image },
  'convolution of stride 2': { f: (x) => tf.tanh(tf.conv2d(x as T4, kernel, 2, 'same')), shape: image },
  'average pooling': { f: (x) => tf.tanh(tf.avgPool(x as T4, 2, 2, 'valid')), shape: image },
  'average pooling, padded': { f: (x) => tf.tanh(tf.avgPool(x as T4, 3, 2, 'same')), shape: image },
  'max pooling': { f: (x) => tf.tanh(tf.maxPool(x as T4, 2, 2, 'valid')), shape: image },
  'max pooling, padded and overlapping': { f: (x) => tf.tanh(tf.maxPool(x as T4, 3, 1, 'same')), shape: image },
  'depthwise convolution': { f: (x) => tf.tanh(tf.depthwiseConv2d(x as T4, kernel, 2, 'same')), shape: image },
  'transposed convolution': { f: (x) => tf.tanh(tf.conv2dTranspose(x as T4, kernel3, [x.shape[0]!, 12, 12, 3], 2, 'same')), shape: image },
  'nearest neighbours': { f: (x) => tf.tanh(tf.image.resizeNearestNeighbor(x as T4, [12, 12])), shape: image },
  'bilinear, half-pixel centres': { f: (x) => tf.tanh(tf.image.resizeBilinear(x as T4, [9, 9], false, true)), shape: image },
  'local response normalization': { f: (x) => tf.localResponseNormalization(x as T4, 1, 1, 0.5, 0.75), shape: [2, 2, 5] },
  'batch norm': { f: (x) => tf.tanh(tf.batchNorm(x as T4, tf.mean(x, [0, 1, 2]) as tf.Tensor1D, tf.mean(tf.square(x), [0, 1, 2]) as tf.Tensor1D, tf.tensor1d([0.1, 0.2]), tf.tensor1d([1.2, 0.7]))), shape: image },
  product: { f: (x) => tf.prod(x, -1), low: 0.5 },
  'mirror padding': { f: (x) => tf.tanh(tf.sum(tf.mirrorPad(x, [[0, 0], [2, 1]], 'reflect'), 1)) },
  'cumulative sum over the batch': { f: (x) => tf.tanh(tf.cumsum(x, 0)) },
  tile: { f: (x) => tf.tanh(tf.mul(tf.tile(x, [1, 3]), tf.range(0, 12))) },
  'broadcast maximum': { f: (x) => tf.square(tf.maximum(x, tf.mean(x, 0))) },
  'tf.logSoftmax': { f: (x) => tf.logSoftmax(tf.mul(2, x)) },
  'tf.losses.softmaxCrossEntropy': { f: (x) => tf.losses.softmaxCrossEntropy(tf.softmax(x) as tf.Tensor2D, tf.sin(x) as tf.Tensor2D) },
  bilinear: { f: (x) => tf.tanh(tf.image.resizeBilinear(x as T4, [9, 9])), shape: image },
}; // prettier-ignore
const weight2 = weight(4, 5);
const kernel3 = weight(3, 3, 3, 2) as T4;

/** d/dx of |d/dx sum f|^2: holds the second derivative of f. */
const second =
  (f: Case['f']): TracedFunction =>
  ({ x }) => {
    const first = tf.grad((x) => tf.sum(f(x)));
    return { y: tf.grad((x) => tf.sum(tf.square(tf.add(first(x), 0.3))))(x!) };
  };

describe('the exported second derivative is that of tfjs', () => {
  test.each(Object.entries(cases))('%s', async (_, { f, shape = [4], low = -1 }) => {
    const fn = second(f);
    const { model } = exportFunction(fn, { x: { dtype: 'float32', shape: ['batch', ...shape] } });
    const { session } = await createSession(model, { provider: 'cpu' });
    for (const batch of [1, 3, 17]) {
      const dims = [batch, ...shape];
      const values = numbers(dims, low, 1.5);
      const expected = tf.tidy(() => fn({ x: tf.tensor(values, dims) })['y']!.dataSync() as Float32Array);
      const { y } = await session.run({ x: new Tensor('float32', values, dims) });
      expect(distance(expected, y!.data as Float32Array), `batch ${batch}, seed ${SEED}`).toBeLessThan(2e-5);
    }
    await session.release();
  });
});

test('an energy trained by denoising score matching: 20 compiled steps are those of tfjs', async () => {
  const shapes = { a: [3, 3, 1, 4], b: [3, 3, 4, 4], c: [4] };
  const state = Object.fromEntries(
    Object.entries(shapes).map(([name, shape]) => [
      name,
      tf.variable(weight(...shape), true, `energy/${name}`),
    ]),
  );
  const [a, b, c] = Object.values(state) as [tf.Variable, tf.Variable, tf.Variable];
  const silu = (x: tf.Tensor) => tf.mul(x, tf.sigmoid(x));
  const energy = (x: tf.Tensor) => {
    const hidden = silu(tf.conv2d(x as T4, a as unknown as T4, 1, 'same'));
    const features = silu(tf.conv2d(hidden as T4, b as unknown as T4, 2, 'same'));
    return tf.sum(tf.mul(tf.mean(features, [1, 2]), c));
  };
  const step: TracedFunction = ({ x, noise }) => {
    const noisy = tf.add(x!, tf.mul(0.5, noise!));
    const loss = () => {
      const score = tf.neg(tf.grad(energy)(noisy));
      return tf.mean(tf.square(tf.add(tf.mul(score, 0.5), noise!))) as tf.Scalar;
    };
    const { value, grads } = tf.variableGrads(loss, [a, b, c]);
    for (const v of [a, b, c]) v.assign(tf.sub(v, tf.mul(0.5, grads[v.name]!)));
    return { loss: value };
  };
  const dims = [5, 6, 6, 1];
  const batches = Array.from({ length: 20 }, () => ({ x: numbers(dims), noise: numbers(dims) }));
  const compiled = compile(step, { provider: 'cpu' });
  const losses: number[] = [];
  for (const { x, noise } of batches) {
    const { loss } = await compiled.run({
      x: new Tensor('float32', x, dims),
      noise: new Tensor('float32', noise, dims),
    });
    losses.push((loss!.data as Float32Array)[0]!);
  }
  const found = await Promise.all([a, b, c].map((v) => compiled.readVariable(v)));
  await compiled.dispose();
  const expected = batches.map(({ x, noise }) =>
    tf.tidy(() => step({ x: tf.tensor(x, dims), noise: tf.tensor(noise, dims) })['loss']!.dataSync()[0]!),
  );
  losses.forEach((loss, i) =>
    expect(Math.abs(loss - expected[i]!), `step ${i}, seed ${SEED}`).toBeLessThan(1e-5),
  );
  [a, b, c].forEach((v, i) =>
    expect(distance(v.dataSync() as Float32Array, found[i]!.data as Float32Array), v.name).toBeLessThan(1e-4),
  );
});
