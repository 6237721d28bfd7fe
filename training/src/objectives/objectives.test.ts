import { alphaBars, cosineBetas, geometricSigmas, linearBetas, normals } from '@scorebridge/runtime';
import * as tf from '@tensorflow/tfjs';
import { Tensor } from 'onnxruntime-common';
import { beforeAll, describe, expect, test } from 'vitest';
import { alongBatch } from './along-batch.js';
import { denoising } from './denoising.js';
import { eps } from './eps.js';
import { mu } from './mu.js';
import type { HostTensor, Objective, Predict } from './objective.js';
import { timeSteps } from './time-steps.js';
import { v } from './v.js';
import { x0 } from './x0.js';

beforeAll(async () => {
  await tf.setBackend('cpu');
});

const random = { seed: 17, step: 5 };
const [B, D] = [20_000, 4];

/** Data from N(0, s^2 I). */
const gaussian = (s: number): HostTensor =>
  new Tensor(
    'float32',
    normals(new Float32Array(B * D), { seed: 99 }).map((z) => s * z),
    [B, D],
  );

const onDevice = (inputs: Record<string, HostTensor>): Record<string, tf.Tensor> =>
  Object.fromEntries(
    Object.entries(inputs).map(([name, { data, dims, type }]) => [
      name,
      tf.tensor(data as Float32Array, [...dims], type === 'int32' ? 'int32' : 'float32'),
    ]),
  );

const lossOf = (objective: Objective, predict: Predict, x: HostTensor) =>
  tf.tidy(() => objective.loss(predict, onDevice(objective.draw({ x }, random))).dataSync()[0]!);

const mean = (values: Iterable<number>) => {
  const all = [...values];
  return all.reduce((sum, value) => sum + value, 0) / all.length;
};

/** The coefficient of each sample, read off its level, along x. */
const byLevel = (f: (level: number) => number, level: tf.Tensor1D, x: tf.Tensor) =>
  alongBatch(tf.tensor1d(Float32Array.from(level.dataSync(), f)), x);

/**
 * The best predictor of a Gaussian is linear, x times a coefficient of the level, and its loss is the mean of the
 * variance that the prediction cannot know. The mean of B D squares of such residuals r_l at level l has a standard
 * error of at most sqrt(2 max_l r_l^2 / (B D)); the levels themselves are stratified.
 */
function expectOptimum(
  objective: Objective,
  s: number,
  coefficient: (level: number) => number,
  residuals: number[],
  wrong: Record<string, (level: number) => number>,
) {
  const x = gaussian(s);
  const loss = (c: (level: number) => number) =>
    lossOf(objective, (x, level) => tf.mul(byLevel(c, level, x), x), x);
  const error = 4 * Math.sqrt(2 / (B * D)) * Math.max(...residuals);
  expect(Math.abs(loss(coefficient) - mean(residuals)), `seed ${random.seed}`).toBeLessThan(error);
  for (const [name, other] of Object.entries(wrong))
    expect(loss(other), `${name}, seed ${random.seed}`).toBeGreaterThan(mean(residuals) + 2 * error);
}

describe.each([
  ['linear', linearBetas({ T: 1000 })],
  ['cosine', cosineBetas({ T: 50 })],
])('with the %s schedule, the best predictor of a Gaussian has the loss of the closed form:', (_, betas) => {
  const abar = alphaBars(betas);
  const s = 0.6;
  const times = Array.from(betas, (_, t) => t).slice(1);
  /** Var x_t = abar_t s^2 + 1 - abar_t. */
  const total = (t: number) => abar[t]! * s * s + 1 - abar[t]!;
  const [a, b] = [(t: number) => Math.sqrt(abar[t]!), (t: number) => Math.sqrt(1 - abar[t]!)];

  test('eps, whose conditional variance is abar s^2 / Var x_t', () => {
    const best = (t: number) => b(t) / total(t);
    expectOptimum(
      eps({ betas }),
      s,
      best,
      times.map((t) => (abar[t]! * s * s) / total(t)),
      { sign: (t) => -best(t), 'a and b swapped': (t) => a(t) / total(t) },
    );
  });

  test('v, whose conditional variance is s^2 / Var x_t', () => {
    const best = (t: number) => (a(t) * b(t) * (1 - s * s)) / total(t);
    expectOptimum(
      v({ betas }),
      s,
      best,
      times.map((t) => (s * s) / total(t)),
      { sign: (t) => -best(t), 'plus for minus': (t) => (a(t) * b(t) * (1 + s * s)) / total(t) },
    );
  });

  test('x0, whose conditional variance is s^2 (1 - abar) / Var x_t', () => {
    const best = (t: number) => (a(t) * s * s) / total(t);
    expectOptimum(
      x0({ betas }),
      s,
      best,
      times.map((t) => (s * s * (1 - abar[t]!)) / total(t)),
      { sign: (t) => -best(t), 'the noisy data divided by a': (t) => 1 / a(t) },
    );
  });

  test('mu, in units of the error in x_0', () => {
    const x0 = (t: number) => (a(t) * s * s) / total(t);
    const steps = timeSteps(betas);
    const { onX, onX0 } = {
      onX: (t: number) => steps[t - 1]!.posterior.onX,
      onX0: (t: number) => steps[t - 1]!.posterior.onX0,
    };
    expectOptimum(
      mu({ betas, weight: () => 1 }),
      s,
      (t) => onX(t) + onX0(t) * x0(t),
      times.map((t) => (s * s * (1 - abar[t]!)) / total(t)),
      { 'x_0 alone': (t) => onX0(t) * x0(t), 'x_t for x_0': (t) => onX(t) + onX0(t) / a(t) },
    );
  });

  test('eps with independent time steps', () => {
    // The time steps add their own variance to that of the residuals, at most that of the residuals over t.
    const residuals = times.map((t) => (abar[t]! * s * s) / total(t));
    const spread = mean(residuals.map((r) => (r - mean(residuals)) ** 2));
    const error = 4 * Math.sqrt(spread / B + (2 * Math.max(...residuals) ** 2) / (B * D));
    const objective = eps({ betas, timeSteps: 'uniform' });
    const loss = lossOf(
      objective,
      (x, level) =>
        tf.mul(
          byLevel((t) => b(t) / total(t), level, x),
          x,
        ),
      gaussian(s),
    );
    expect(Math.abs(loss - mean(residuals)), `seed ${random.seed}`).toBeLessThan(error);
  });
});

test('denoising: the score of a Gaussian has the loss of the closed form', () => {
  const s = 0.3;
  const sigmas = geometricSigmas({ sigmaMax: 1, sigmaMin: 0.05, L: 7 });
  // Half the variance of z given x + sigma z.
  const residuals = Array.from(sigmas, (sigma) => (0.5 * s * s) / (s * s + sigma * sigma));
  const best = (sigma: number) => -1 / (s * s + sigma * sigma);
  expectOptimum(denoising({ sigmas }), s, best, residuals, {
    sign: (sigma) => -best(sigma),
    'the score of the noise alone': (sigma) => -1 / (sigma * sigma),
  });
});

describe('what the host half draws', () => {
  const betas = linearBetas({ T: 10 });
  const x = new Tensor('float32', new Float32Array(4000 * 2), [4000, 2]);

  test.each(['stratified', 'uniform'] as const)(
    '%s time steps are uniform on 1..T, and levels those of the list',
    (draw) => {
      for (const [objective, levels] of [
        [eps({ betas, timeSteps: draw }), Array.from({ length: 10 }, (_, i) => i + 1)],
        [denoising({ sigmas: geometricSigmas(), levels: draw }), Array.from(geometricSigmas(), Math.fround)],
      ] as const) {
        const drawn = Array.from(objective.draw({ x }, random).level!.data as Float32Array);
        for (const level of levels) {
          const count = drawn.filter((value) => value === level).length;
          // Binomial(4000, 1/10): four standard deviations; stratified: one at most.
          expect(Math.abs(count - 400), `${level}, seed ${random.seed}`).toBeLessThan(
            draw === 'uniform' ? 76 : 2,
          );
        }
      }
    },
  );

  test('the coefficients are sqrt(abar_t) and sqrt(1 - abar_t), rounded once', () => {
    const abar = alphaBars(betas);
    const inputs = eps({ betas }).draw({ x }, random);
    const [t, a, b] = ['level', 'signal_scale', 'noise_scale'].map(
      (name) => inputs[name]!.data as Float32Array,
    );
    t!.forEach((t, i) => {
      expect(a![i]).toBe(Math.fround(Math.sqrt(abar[t]!)));
      expect(b![i]).toBe(Math.fround(Math.sqrt(1 - abar[t]!)));
    });
  });

  test('is a function of seed and step, and each number is drawn for one purpose', () => {
    const draw = (seed: number, step: number) => eps({ betas }).draw({ x }, { seed, step });
    expect(draw(1, 2)).toEqual(draw(1, 2));
    expect(draw(1, 2).noise!.data).not.toEqual(draw(1, 3).noise!.data);
    expect(draw(1, 2).noise!.data).not.toEqual(draw(2, 2).noise!.data);
    expect(draw(1, 2).level!.data).not.toEqual(draw(1, 3).level!.data);
  });

  test('labels are dropped to the last index at the rate asked for', () => {
    const label = new Tensor(
      'int32',
      Int32Array.from({ length: 4000 }, (_, i) => i % 10),
      [4000],
    );
    const options = { betas, classes: 10, labelDrop: 0.2 };
    const drawn = eps(options).draw({ x, label }, random).label!.data as Int32Array;
    const kept = drawn.filter((l, i) => l === i % 10).length;
    expect(drawn.every((l, i) => l === i % 10 || l === 10)).toBe(true);
    // Binomial(4000, 0.2): four standard deviations.
    expect(Math.abs(4000 - kept - 800), `seed ${random.seed}`).toBeLessThan(101);
    expect(eps({ betas }).draw({ x, label }, random).label).toBeUndefined();
  });

  test('missing and unknown labels are refused', () => {
    const objective = eps({ betas, classes: 10 });
    const label = new Tensor('int32', Int32Array.of(10), [1]);
    expect(() => objective.draw({ x }, random)).toThrow(/needs labels, and the data has none/);
    expect(() => objective.draw({ x, label }, random)).toThrow(
      /label 10; the network has the classes 0 to 9/,
    );
  });
});
