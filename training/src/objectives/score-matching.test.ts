import { geometricSigmas } from '@scorebridge/runtime';
import * as tf from '@tensorflow/tfjs';
import { Tensor } from 'onnxruntime-common';
import { beforeAll, describe, expect, test } from 'vitest';
import { mixturePoints } from '../data/mixture-points.js';
import { energyModel } from '../models/energy.js';
import { mixtureEnergy } from '../models/mixture.js';
import { predictOf } from '../optimiser/predict-of.js';
import { atNoiseLevels } from './at-noise-levels.js';
import { denoising } from './denoising.js';
import { explicit } from './explicit.js';
import { finiteDifferenceSliced } from './finite-difference-sliced.js';
import type { HostTensor, Objective, Predict } from './objective.js';
import { sliced } from './sliced.js';
import type { Projection } from './slices.js';

const seed = 37;
const truth = [
  { weight: 0.4, mean: [1, -1, 0.5], std: 0.7 },
  { weight: 0.6, mean: [-1, 0.5, 0], std: 1.1 },
];
const other = [
  { weight: 0.7, mean: [0.8, -0.7, 0.2], std: 0.9 },
  { weight: 0.3, mean: [-1.5, 0.5, 0.4], std: 1.3 },
];
const D = 3;

const none = tf.tensor1d([]);
/** A mixture as a network that objectives see; with `asScore` its energy is hidden. */
function modelOf(components: typeof truth, { asScore = false } = {}): Predict {
  const predict = predictOf(energyModel(mixtureEnergy(components)), none, none);
  return asScore ? (...input) => predict(...input) : predict;
}

beforeAll(async () => {
  await tf.setBackend('cpu');
});

const onDevice = (inputs: Record<string, HostTensor>): Record<string, tf.Tensor> =>
  Object.fromEntries(
    Object.entries(inputs).map(([name, { data, dims }]) => [
      name,
      tf.tensor(data as Float32Array, [...dims]),
    ]),
  );

const lossOf = (objective: Objective, predict: Predict, x: HostTensor, step = 1) =>
  tf.tidy(() => objective.loss(predict, onDevice(objective.draw({ x }, { seed, step }))).dataSync()[0]!);

/** Mean and standard error over batches. */
function overBatches(count: number, f: (step: number) => number) {
  const values = Array.from({ length: count }, (_, k) => f(k + 1));
  const mean = values.reduce((sum, value) => sum + value, 0) / count;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (count - 1);
  return { mean, error: Math.sqrt(variance / count) };
}

/** 1/2 E ||s - s'||^2 per dimension on given points. */
const halfSquare = (a: Predict, b: Predict, x: tf.Tensor, level: tf.Tensor1D) =>
  tf.tidy(() => tf.mul(0.5, tf.mean(tf.square(tf.sub(a(x, level), b(x, level))))).dataSync()[0]!);

describe('a loss is the divergence from the true score, but for a constant that the model does not change', () => {
  const B = 500;
  const sigmas = geometricSigmas({ sigmaMax: 1.5, sigmaMin: 0.4, L: 3 });
  const cases: Record<string, { objective: Objective; sigmas?: Float64Array }> = {
    explicit: { objective: explicit() },
    'sliced, variance reduced': { objective: sliced() },
    'sliced, plain': { objective: sliced({ varianceReduced: false }) },
    'sliced, Gaussian, 3 slices': { objective: sliced({ projection: 'gaussian', slices: 3 }) },
    'finite differences': { objective: finiteDifferenceSliced({ h: 0.02 }) },
    denoising: { objective: denoising({ sigmas }), sigmas },
    'explicit at noise levels': { objective: atNoiseLevels(explicit(), { sigmas }), sigmas },
    'sliced at noise levels, plain': {
      objective: atNoiseLevels(sliced({ varianceReduced: false }), { sigmas }),
      sigmas,
    },
  };
  test.each(Object.entries(cases))('%s', { tags: ['long'] }, (_, { objective, sigmas }) => {
    const [right, wrong] = [modelOf(truth), modelOf(other)];
    const divergences: number[] = [];
    const { mean, error } = overBatches(40, (step) => {
      const { x } = mixturePoints(truth, B, { seed, step });
      const difference = lossOf(objective, wrong, x, step) - lossOf(objective, right, x, step);
      // The divergence at the same noise level, sigma^2 times that of the scores, on points of its own.
      const fresh = mixturePoints(truth, B, { seed: seed + 1, step }).x;
      const levels = sigmas ?? [0];
      let divergence = 0;
      for (const sigma of levels) {
        const at = sigma === 0 ? fresh : noised(fresh, sigma, step);
        const scores = halfSquare(wrong, right, onDevice({ x: at }).x!, tf.fill([B], sigma) as tf.Tensor1D);
        divergence += (sigma === 0 ? scores : sigma ** 2 * scores) / levels.length;
      }
      divergences.push(divergence);
      return difference - divergence;
    });
    expect(Math.abs(mean), `seed ${seed}`).toBeLessThan(4 * error);
    // Not so of the other sign, or of half or twice the divergence.
    expect(Math.min(...divergences)).toBeGreaterThan(10 * error);
  });

  function noised(x: HostTensor, sigma: number, step: number): HostTensor {
    const draw = denoising({ sigmas: Float64Array.of(sigma) }).draw({ x }, { seed: seed + 2, step });
    const z = draw.noise!.data as Float32Array;
    return new Tensor(
      'float32',
      (x.data as Float32Array).map((value, e) => value + sigma * z[e]!),
      x.dims,
    );
  }
});

test('over all 2^D directions, sliced is explicit, to rounding', () => {
  const B = 64;
  const { x } = mixturePoints(truth, B, { seed });
  const expected = lossOf(explicit(), modelOf(other), x);
  const directions = Array.from({ length: 2 ** D }, (_, k) => [0, 1, 2].map((d) => (k & (1 << d) ? 1 : -1)));
  const slices = tf.tile(tf.tensor([directions], [1, 2 ** D, D]), [B, 1, 1]);
  for (const varianceReduced of [true, false]) {
    const { loss } = sliced({ varianceReduced });
    const value = tf.tidy(() => loss(modelOf(other), { ...onDevice({ x }), slices }).dataSync()[0]!);
    expect(value, `seed ${seed}`).toBeCloseTo(expected, 5);
  }
});

test('finite differences are sliced but for O(h^2), of scores and of energies', () => {
  const { x } = mixturePoints(truth, 256, { seed });
  for (const asScore of [true, false]) {
    const model = modelOf(other, { asScore });
    const exact = lossOf(sliced({ varianceReduced: asScore }), model, x);
    const error = (h: number) => Math.abs(lossOf(finiteDifferenceSliced({ h }), model, x) - exact);
    expect(error(0.05), `seed ${seed}`).toBeLessThan(0.01 * Math.abs(exact));
    const order = Math.log2(error(0.4) / error(0.2));
    expect(Math.abs(order - 2), `order ${order}, scores: ${asScore}, seed ${seed}`).toBeLessThan(0.3);
  }
});

describe('slices', () => {
  const [B, slices, D] = [4000, 2, 3];
  const x = new Tensor('float32', new Float32Array(B * D), [B, D]);
  test.each(['rademacher', 'gaussian', 'sphere'] as const)(
    "%s: the mean of v v' is I",
    (projection: Projection) => {
      const v = sliced({ slices, projection }).draw({ x }, { seed, step: 1 }).slices!;
      expect(v.dims).toEqual([B, slices, D]);
      const values = v.data as Float32Array;
      for (let a = 0; a < D; a++)
        for (let b = 0; b < D; b++) {
          let sum = 0;
          for (let i = 0; i < B * slices; i++)
            sum += (values[i * D + a]! * values[i * D + b]!) / (B * slices);
          // The variance of a product is at most 2.
          expect(Math.abs(sum - (a === b ? 1 : 0)), `seed ${seed}`).toBeLessThan(
            4 * Math.sqrt(2 / (B * slices)),
          );
        }
      if (projection === 'sphere')
        expect(values[0]! ** 2 + values[1]! ** 2 + values[2]! ** 2).toBeCloseTo(D, 5);
      // Those of a sample do not depend on the batch that it is in.
      const few = new Tensor('float32', new Float32Array(5 * D), [5, D]);
      const alone = sliced({ slices, projection }).draw({ x: few }, { seed, step: 1 }).slices!;
      expect(alone.data).toEqual(values.subarray(0, 5 * slices * D));
    },
  );

  test('less than one is refused', () => {
    expect(() => sliced({ slices: 0 })).toThrow(/slices is 0; expected a positive integer/);
    expect(() => finiteDifferenceSliced({ h: 0 })).toThrow(/h is 0; expected a positive number/);
  });
});
