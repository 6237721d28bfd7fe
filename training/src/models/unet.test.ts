import { normals, uniforms } from '@scorebridge/runtime';
import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, test } from 'vitest';
import type { Network } from './network.js';
import { initialise, parameterCount, unpack, type Parameters } from './parameters.js';
import { unet, type UNetOptions } from './unet.js';

beforeAll(async () => {
  await tf.setBackend('cpu');
});

const seed = 21;
const small = {
  shape: [8, 8, 1],
  spaceToDepth: 2,
  base: 8,
  groups: 4,
  multipliers: [1, 2],
  attention: [2],
  heads: 2,
  classes: 3,
} as const satisfies UNetOptions;

/** Fresh parameters, moved a little so that those that start at zero take part. */
function parameters(network: Network): Parameters {
  const flat = initialise(network.specs, seed);
  const moved = normals(new Float32Array(flat.length), { seed, stream: 1000 }).map(
    (z, i) => flat[i]! + 0.1 * z,
  );
  return unpack(tf.tensor1d(moved), network.specs);
}

const images = (batch: number, shape: readonly number[] = small.shape) =>
  tf.tensor(normals(new Float32Array(batch * shape.reduce((a, b) => a * b)), { seed, stream: 1001 }), [
    batch,
    ...shape,
  ]);
const labels = (...label: number[]) => tf.tensor1d(label, 'int32');
const difference = (a: tf.Tensor, b: tf.Tensor) => tf.max(tf.abs(tf.sub(a, b))).dataSync()[0]!;

test('the network of the quickstart has about 0.65 M parameters, each with its own name', () => {
  const { specs } = unet({
    shape: [28, 28, 1],
    spaceToDepth: 2,
    base: 32,
    multipliers: [1, 2],
    attention: [7],
    classes: 10,
  });
  expect(Math.abs(parameterCount(specs) - 0.66e6)).toBeLessThan(0.02e6);
  expect(new Set(specs.map(({ name }) => name)).size).toBe(specs.length);
  expect(specs.map(({ name }) => name)).toContain('down.0.block.0.conv1/kernel');
});

test.each<[string, UNetOptions]>([
  ['a stem of blocks, attention, classes', small],
  ['defaults', { shape: [4, 6, 3], base: 16 }],
  [
    'three resolutions, two blocks',
    { shape: [4, 4, 2], base: 8, groups: 4, multipliers: [1, 2, 2], blocks: 2 },
  ],
])('the prediction has the shape of x and is zero at the start: %s', (_, options) => {
  const network = unet(options);
  const p = unpack(tf.tensor1d(initialise(network.specs, seed)), network.specs);
  const x = images(2, options.shape);
  const label = options.classes === undefined ? undefined : labels(0, 1);
  const y = network.apply(p, x, tf.tensor1d([1, 2]), label);
  expect(y.shape).toEqual(x.shape);
  expect(tf.max(tf.abs(y)).dataSync()[0]).toBe(0);
  expect(
    tf.max(tf.abs(network.apply(parameters(network), x, tf.tensor1d([1, 2]), label))).dataSync()[0],
  ).toBeGreaterThan(0.1);
});

describe('a small conditional network', () => {
  const network = unet(small);

  test('predicts for a sample the same alone and in a batch', () => {
    const p = parameters(network);
    const x = images(3);
    const together = network.apply(p, x, tf.tensor1d([1, 500, 20]), labels(0, 3, 2));
    const alone = network.apply(p, tf.slice(x, 1, 1), tf.tensor1d([500]), labels(3));
    expect(difference(tf.slice(together, 1, 1), alone)).toBeLessThan(1e-5);
  });

  test('depends on level and label', () => {
    const p = parameters(network);
    const x = images(1);
    const y = network.apply(p, x, tf.tensor1d([10]), labels(0));
    expect(difference(y, network.apply(p, x, tf.tensor1d([400]), labels(0)))).toBeGreaterThan(1e-2);
    expect(difference(y, network.apply(p, x, tf.tensor1d([10]), labels(3)))).toBeGreaterThan(1e-2);
  });

  test('every parameter takes part: its gradient is not zero', () => {
    const p = parameters(network);
    const x = images(4);
    const weights = tf.randomNormal(x.shape, 0, 1, 'float32', seed);
    const loss = (...values: tf.Tensor[]) => {
      const q = Object.fromEntries(network.specs.map(({ name }, i) => [name, values[i]!]));
      return tf.sum(tf.mul(weights, network.apply(q, x, tf.tensor1d([3, 90, 300, 999]), labels(0, 1, 2, 3))));
    };
    const gradients = tf.grads(loss)(network.specs.map(({ name }) => p[name]!));
    const still = network.specs.filter((_, i) => tf.max(tf.abs(gradients[i]!)).dataSync()[0]! < 1e-3);
    expect(still.map(({ name }) => name)).toEqual([]);
  });

  test('asks for a label', () => {
    expect(() => network.apply(parameters(network), images(1), tf.tensor1d([1]))).toThrow(
      'This network has 3 classes: give a label (3 for "no label").',
    );
  });
});

test('outputScale sigma divides the prediction by the level', () => {
  const options = { ...small, classes: 0, levelScale: 'log' } as const;
  const [plain, scaled] = [unet(options), unet({ ...options, outputScale: 'sigma' })];
  const p = parameters(plain);
  const [x, sigma] = [images(2), tf.tensor1d([0.5, 0.1])];
  const expected = tf.div(plain.apply(p, x, sigma), tf.reshape(sigma, [2, 1, 1, 1]));
  expect(difference(scaled.apply(p, x, sigma), expected)).toBe(0);
});

test('a learned variance is a second half of outputs, in the middle at the start, that depends on x and level', () => {
  const network = unet({ ...small, classes: 0, shape: [8, 8, 2], variance: 'learned' });
  const x = images(2, [8, 8, 2]);
  const t = tf.tensor1d([3, 700]);
  const start = network.applyWithVariance!(
    unpack(tf.tensor1d(initialise(network.specs, seed)), network.specs),
    x,
    t,
  );
  expect(new Set(start.prediction.dataSync())).toEqual(new Set([0]));
  expect(new Set(start.varianceShare.dataSync())).toEqual(new Set([0.5]));
  const p = parameters(network);
  const { prediction, varianceShare } = network.applyWithVariance!(p, x, t);
  expect([prediction.shape, varianceShare.shape]).toEqual([x.shape, x.shape]);
  expect(difference(network.apply(p, x, t), prediction)).toBe(0);
  expect(
    difference(varianceShare, network.applyWithVariance!(p, x, tf.tensor1d([3, 20])).varianceShare),
  ).toBeGreaterThan(1e-2);
  expect(difference(prediction, varianceShare)).toBeGreaterThan(0.1);
  expect(unet(small).applyWithVariance).toBeUndefined();
});

test('dropout acts through the numbers that it is given, at the sites that it declares', () => {
  const network = unet({ ...small, classes: 0, dropout: 0.5 });
  const p = parameters(network);
  const [x, t] = [images(2), tf.tensor1d([5, 6])];
  const sites = network.dropoutSites!;
  expect(sites).toContainEqual({ name: 'down.1.block.0.dropout', shape: [2, 2, 16] });
  const dropping = (from: number) =>
    network.apply(p, x, t, undefined, {
      dropout: (name) => {
        const { shape } = sites.find((site) => site.name === name)!;
        const u = uniforms(new Float32Array(2 * shape.reduce((a, b) => a * b)), { seed, stream: 1002 });
        return tf.add(tf.tensor(u, [2, ...shape]), from);
      },
    });
  const plain = network.apply(p, x, t);
  expect(difference(plain, dropping(0))).toBeGreaterThan(1e-2);
  expect(difference(dropping(0), dropping(0))).toBe(0);
});

test.each<[Partial<UNetOptions>, RegExp]>([
  [{ shape: [6, 8, 1] }, /height and width that 4 divides; the shape is 6 x 8 x 1/],
  [{ multipliers: [] }, /at least one multiplier/],
  [{ attention: [8] }, /no resolution 8 for attention; there are 4, 2/],
  [{ base: 9 }, /even/],
  [{ groups: 8 }, /two channels in each of 8 groups; a resolution has 8 channels/],
  [{ dropout: 1 }, /\[0, 1\); it is 1/],
])('refuses %o', (options, message) => {
  expect(() => unet({ ...small, ...options })).toThrow(message);
});
