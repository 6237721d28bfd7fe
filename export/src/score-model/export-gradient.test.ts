import {
  classifierGuided,
  ddim,
  loadGradient,
  normals,
  sample,
  type ScoreSource,
} from '@scorebridge/runtime';
import * as tf from '@tensorflow/tfjs';
import { beforeAll, expect, test } from 'vitest';
import { exportGradient } from './export-gradient.js';

beforeAll(async () => {
  await tf.setBackend('cpu');
});

const [SIGMA_MAX, SIGMA_MIN] = [10, 0.05];
const MEAN = [1.5, -1];
const STD = 0.5;

/** Equal parts N(MEAN, STD^2) and N(-MEAN, STD^2) under the noise of a ve process. */
const source: ScoreSource = {
  card: {
    shape: [2],
    valueRange: [-4, 4],
    process: { kind: 've', schedule: { name: 'geometric', sigmaMax: SIGMA_MAX, sigmaMin: SIGMA_MIN, L: 20 } },
    parametrisation: 'score',
    classes: null,
  },
  async predict(x, level, _label, out = new Float32Array(x.length)) {
    for (let i = 0; i < x.length; i += 2) {
      const v = STD ** 2 + (typeof level === 'number' ? level : level[i / 2]!) ** 2;
      const side = Math.tanh((MEAN[0]! * x[i]! + MEAN[1]! * x[i + 1]!) / v);
      for (const d of [0, 1]) out[i + d] = (side * MEAN[d]! - x[i + d]!) / v;
    }
    return out;
  },
};

test(
  'a classifier learns from noisy points; guided by its gradient, samples take the class asked for (seed 0)',
  { tags: ['long'] },
  async () => {
    const hidden = tf.variable(tf.randomNormal([3, 16], 0, 0.5, 'float32', 0));
    const bias = tf.variable(tf.zeros([16]));
    const last = tf.variable(tf.zeros([16, 2]));
    const logits = (x: tf.Tensor, level: tf.Tensor1D) => {
      const sigma = tf.reshape(level, [-1, 1]);
      const size = tf.sqrt(tf.add(tf.square(sigma), 1));
      const features = tf.concat([tf.div(x, size), tf.log(sigma)], 1) as tf.Tensor2D;
      return tf.matMul(tf.tanh(tf.add(tf.matMul(features, hidden), bias)), last);
    };
    const logProbability = (x: tf.Tensor, level: tf.Tensor1D, label: tf.Tensor1D) =>
      tf.sum(tf.mul(tf.logSoftmax(logits(x, level)), tf.oneHot(label, 2)), 1) as tf.Tensor1D;

    const n = 256;
    const adam = tf.train.adam(0.03);
    for (let step = 0; step < 200; step++) {
      const z = normals(new Float32Array(5 * n), { seed: 0, step });
      const sigmas = Float32Array.from(
        { length: n },
        (_, i) => SIGMA_MIN * (SIGMA_MAX / SIGMA_MIN) ** (i / n),
      );
      const labels = Int32Array.from({ length: n }, (_, i) => Number(z[i]! > 0));
      const x = Float32Array.from({ length: 2 * n }, (_, i) => {
        const row = i >> 1;
        const noise = STD * z[n + i]! + sigmas[row]! * z[3 * n + i]!;
        return (labels[row] ? -1 : 1) * MEAN[i & 1]! + noise;
      });
      tf.tidy(() => {
        const [points, levels, classes] = [
          tf.tensor2d(x, [n, 2]),
          tf.tensor1d(sigmas),
          tf.tensor1d(labels, 'int32'),
        ];
        adam.minimize(() => tf.neg(tf.mean(logProbability(points, levels, classes))) as tf.Scalar);
      });
    }

    const classifier = await loadGradient(exportGradient(logProbability, [2]).model, { provider: 'cpu' });
    const x = Float32Array.of(0.3, 0.4, -1, 0.2, 2, -0.5);
    const [level, label] = [Float32Array.of(0.2, 1, 5), Int32Array.of(0, 1, 1)];
    const { gradient } = await classifier.logProbability(x, level, label);
    for (let i = 0; i < 6; i++) {
      const at = async (h: number) => {
        const moved = x.map((value, j) => value + (i === j ? h : 0));
        return (await classifier.logProbability(moved, level, label)).value[i >> 1]!;
      };
      expect(gradient[i]!).toBeCloseTo(((await at(1e-2)) - (await at(-1e-2))) / 2e-2, 2);
    }
    await expect(classifier.logProbability(x, level, label.subarray(1))).rejects.toThrow(
      'x has 6 numbers; expected 4, 2 of shape [2].',
    );

    const guided = classifierGuided(source, { ...classifier, classes: 2 });
    for (const wanted of [0, 1]) {
      const options = { sampler: ddim(), steps: 20, count: 200, seed: 0, batch: 200 };
      const share = (samples: Float32Array) =>
        Array.from({ length: 200 }, (_, i) => {
          const side = MEAN[0]! * samples[2 * i]! + MEAN[1]! * samples[2 * i + 1]!;
          return Number(side > 0 === (wanted === 0));
        }).reduce((sum, hit) => sum + hit / 200, 0);
      expect(share((await sample(guided, { ...options, label: wanted }).result).samples)).toBeGreaterThan(
        0.95,
      );
      expect(share((await sample(guided, options).result).samples)).toBeLessThan(0.65);
    }
    await classifier.release();
    await expect(classifier.logProbability(x, level, label)).rejects.toThrow('The model was released');
  },
);

test('what is no number for each sample, and a file that is no gradient, are refused', async () => {
  expect(() => exportGradient((x) => tf.sum(x) as unknown as tf.Tensor1D, [2])).toThrow(
    'The function gives shape [] where [3] was expected, a number for each sample.',
  );
  await expect(loadGradient('no/such.onnx')).rejects.toThrow('cannot be read: ENOENT');
});
