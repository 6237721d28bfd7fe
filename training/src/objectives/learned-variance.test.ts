import { alphaBars, linearBetas, normals, uniforms, type VpProcess } from '@scorebridge/runtime';
import * as tf from '@tensorflow/tfjs';
import { Tensor } from 'onnxruntime-common';
import { beforeAll, describe, expect, test } from 'vitest';
import { variationalTerms } from '../evaluation/variational-terms.js';
import { eps } from './eps.js';
import { mu } from './mu.js';
import type { HostTensor, Objective, Predict } from './objective.js';
import { timeSteps } from './time-steps.js';
import { v } from './v.js';
import { x0 } from './x0.js';

beforeAll(async () => {
  await tf.setBackend('cpu');
});

const seed = 51;
const random = { seed, step: 3 };
const schedule = { name: 'linear', T: 20, betaStart: 2e-3, betaEnd: 0.5 } as const;
const process: VpProcess = { kind: 'vp', schedule };
const betas = linearBetas(schedule);
const valueRange = [-1, 1] as const;
const [B, D] = [400, 6];

/** Pixels of 8 bits, the two ends more often than others. */
const x = new Tensor(
  'float32',
  uniforms(new Float32Array(B * D), { seed }).map(
    (u) => Math.round(255 * Math.min(Math.max(1.6 * u - 0.3, 0), 1)) / 127.5 - 1,
  ),
  [B, D],
);
const gauss = (sample: number) => normals(new Float32Array(B * D), { seed, sample });

const onDevice = (inputs: Record<string, HostTensor>): Record<string, tf.Tensor> =>
  Object.fromEntries(
    Object.entries(inputs).map(([name, { data, dims }]) => [
      name,
      tf.tensor(data as Float32Array, [...dims]),
    ]),
  );

/** A network that says these numbers. */
const saying = (prediction: tf.Tensor, varianceShare: tf.Tensor): Predict =>
  Object.assign(() => prediction, { withVariance: () => ({ prediction, varianceShare }) });

const KINDS = { eps, v, x0, mu };
describe.each(Object.entries(KINDS))('with a network of %s', (name, make) => {
  const objective = make({ betas, learnedVariance: { valueRange } });
  const inputs = objective.draw({ x }, random);
  const level = inputs.level!.data as Float32Array;
  const abar = alphaBars(betas);
  const xt = (x.data as Float32Array).map((value, i) => {
    const at = abar[level[Math.floor(i / D)]!]!;
    return Math.sqrt(at) * value + Math.sqrt(1 - at) * (inputs.noise!.data as Float32Array)[i]!;
  });
  // Some network, near enough to the truth for a pixel's bin to have a probability worth the name.
  const exact = targets(name, xt, level);
  const prediction = exact.map((value, i) => value + spread(name, level[Math.floor(i / D)]!) * gauss(1)[i]!);
  const share = gauss(2).map((z) => 0.5 + 0.4 * z);

  const lossOf = (of: Objective, predict: Predict) =>
    tf.tidy(() => of.loss(predict, onDevice(of.draw({ x }, random))).dataSync()[0]!);
  const tensor = (values: Float32Array) => tf.tensor2d(values, [B, D]);
  /** T times the mean of the bound's terms, in nats a dimension, from the float64 of the evaluation. */
  const bound = (varianceShare: Float32Array) => {
    const terms = variationalTerms({ parametrisation: name as 'eps', valueRange: [-1, 1] }, process, {
      clip: false,
    });
    let sum = 0;
    for (let i = 0; i < B; i++) {
      const row = (values: Float32Array) => values.subarray(i * D, (i + 1) * D);
      sum += terms.at(level[i]!, row(x.data as Float32Array), row(xt), row(prediction), row(varianceShare));
    }
    return (schedule.T * sum) / (B * D);
  };

  test('the loss is that of the mean plus lambda times the bound as evaluation has it', () => {
    const predict = saying(tensor(prediction), tensor(share));
    const simple = lossOf(make({ betas }), predict);
    const expected = bound(share);
    expect(expected).toBeGreaterThan(0.1);
    const found = (of: Objective) => lossOf(of, predict) - simple;
    expect(found(objective) / (0.001 * expected), `seed ${seed}`).toBeCloseTo(1, 2);
    const ten = make({ betas, learnedVariance: { valueRange, lambda: 10 } });
    expect(found(ten) / (10 * expected), `seed ${seed}`).toBeCloseTo(1, 4);
  });

  test('its gradient moves the variance by the bound alone, and the prediction by its own loss alone', () => {
    const lambda = 2;
    const hybrid = make({ betas, learnedVariance: { valueRange, lambda } });
    const tensors = onDevice(inputs);
    const [ofPrediction, ofShare] = tf.grads((p: tf.Tensor, s: tf.Tensor) =>
      hybrid.loss(saying(p, s), tensors),
    )([tensor(prediction), tensor(share)]) as [tf.Tensor, tf.Tensor];
    const alone = tf.grad((p: tf.Tensor) => make({ betas }).loss(() => p, tensors))(tensor(prediction));
    expect([...ofPrediction.dataSync()]).toEqual([...alone.dataSync()]);
    const gradient = ofShare.dataSync();
    const direction = gauss(3);
    const along = direction.reduce((sum, d, i) => sum + d * gradient[i]!, 0);
    const h = 1e-3;
    const moved = (by: number) => bound(share.map((s, i) => s + by * direction[i]!));
    expect(along / ((lambda * (moved(h) - moved(-h))) / (2 * h)), `seed ${seed}`).toBeCloseTo(1, 3);
  });
});

/** How large an error of a tenth of the posterior's deviation is in what is predicted. */
function spread(name: string, t: number): number {
  const step = timeSteps(betas)[t - 1]!;
  const inX0 = (0.5 * Math.sqrt(step.clippedVariance)) / step.posterior.onX0;
  return inX0 * { x0: 1, eps: Math.sqrt(step.snr), v: 1 / step.sigma, mu: step.posterior.onX0 }[name]!;
}

function targets(name: string, xt: Float32Array, level: Float32Array): Float32Array {
  const steps = timeSteps(betas);
  return xt.map((value, i) => {
    const { scale, sigma, posterior } = steps[level[Math.floor(i / D)]! - 1]!;
    const data = (x.data as Float32Array)[i]!;
    const noise = (value - scale * data) / sigma;
    return {
      x0: data,
      eps: noise,
      v: scale * noise - sigma * data,
      mu: posterior.onX * value + posterior.onX0 * data,
    }[name]!;
  });
}

test('on a Gaussian the bound is least at the variance of p(x_{t-1} | x_t), which has a closed form', () => {
  const s = 0.5;
  const count = 4000;
  const data = new Tensor(
    'float32',
    normals(new Float32Array(count), { seed, sample: 9 }).map((z) => s * z),
    [count, 1],
  );
  const steps = timeSteps(betas);
  const objective = eps({ betas, learnedVariance: { valueRange: [-4, 4], lambda: 1 } });
  const inputs = objective.draw({ x: data }, random);
  const level = inputs.level!.data as Float32Array;
  const shareOf = (t: number) => {
    const { scale, sigma, posterior, clippedVariance, beta } = steps[t - 1]!;
    const left = (s * sigma) ** 2 / ((scale * s) ** 2 + sigma ** 2);
    const variance = (t === 1 ? 0 : clippedVariance) + posterior.onX0 ** 2 * left;
    return Math.log(variance / clippedVariance) / Math.log(beta / clippedVariance);
  };
  const predict: Predict = (xt, level) => {
    const at = Array.from(level.dataSync(), (t) => steps[t - 1]!);
    const c = at.map(({ scale, sigma }) => sigma / ((scale * s) ** 2 + sigma ** 2));
    return tf.mul(tf.tensor2d(c, [count, 1]), xt);
  };
  const gradientAt = (shares: Float32Array) =>
    tf
      .grad((share: tf.Tensor) =>
        objective.loss(
          Object.assign(predict, {
            withVariance: (x: tf.Tensor, l: tf.Tensor1D) => ({
              prediction: predict(x, l),
              varianceShare: share,
            }),
          }),
          onDevice(inputs),
        ),
      )(tf.tensor2d(shares, [count, 1]))
      .dataSync();
  // Each sample's own, of a mean of `count`; t = 1 is of a pixel's bin, which is not a Gaussian's density.
  const later = Array.from(level, (t) => t > 1);
  const moments = (shift: number) => {
    const gradient = gradientAt(Float32Array.from(level, (t) => shareOf(t) + shift));
    const all = Array.from(gradient).filter((_, i) => later[i]);
    const mean = all.reduce((sum, g) => sum + g, 0) / all.length;
    const square = all.reduce((sum, g) => sum + (g - mean) ** 2, 0) / (all.length - 1);
    return { mean, error: Math.sqrt(square / all.length) };
  };
  const best = moments(0);
  expect(Math.abs(best.mean), `seed ${seed}`).toBeLessThan(4 * best.error);
  for (const shift of [-0.2, 0.2]) {
    const { mean, error } = moments(shift);
    expect(Math.sign(shift) * mean, `seed ${seed}`).toBeGreaterThan(4 * error);
  }
});

test('what does not fit is refused in one sentence', () => {
  expect(() => eps({ betas: linearBetas({ T: 1 }), learnedVariance: { valueRange } })).toThrow(
    'A learned variance needs a schedule of 2 or more time steps; this one has 1.',
  );
  const objective = eps({ betas, learnedVariance: { valueRange } });
  const inputs = onDevice(objective.draw({ x }, random));
  expect(() => objective.loss((x) => x, inputs)).toThrow('A learned variance needs a network that gives one');
});
