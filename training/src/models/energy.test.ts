import { normals } from '@scorebridge/runtime';
import * as tf from '@tensorflow/tfjs';
import { beforeAll, expect, test } from 'vitest';
import { energyModel, type EnergyNetwork } from './energy.js';
import { mlpEnergy } from './mlp.js';
import { initialise, unpack } from './parameters.js';
import { zeros } from './initialisers.js';

beforeAll(async () => {
  await tf.setBackend('cpu');
});

const seed = 13;
const draw = (size: number, sample: number) => normals(new Float32Array(size), { seed, sample });

test('the score is minus the slope of the energy', () => {
  const model = energyModel(
    mlpEnergy({ dimensions: 2, hidden: [16, 16], levelScale: 'log', outputScale: 'sigma' }),
  );
  const p = unpack(tf.tensor1d(initialise(model.specs, seed)), model.specs);
  const B = 5;
  const x = tf.tensor2d(draw(2 * B, 0), [B, 2]);
  const sigma = tf.tensor1d([0.1, 0.3, 0.5, 1, 2]);
  const score = model.apply(p, x, sigma);
  expect(score.shape).toEqual([B, 2]);
  const h = 1e-2;
  for (const axis of [0, 1]) {
    const step = tf.mul(h, tf.tensor2d([axis === 0 ? [1, 0] : [0, 1]]));
    const slope = tf.div(
      tf.sub(model.energy(p, tf.add(x, step), sigma), model.energy(p, tf.sub(x, step), sigma)),
      2 * h,
    );
    const expected = slope.dataSync();
    const actual = tf.slice(score, [0, axis], [B, 1]).dataSync();
    // Float32 energies of up to 10, differenced over 0.02.
    actual.forEach((s, i) =>
      expect(Math.abs(s + expected[i]!), `point ${i}, seed ${seed}`).toBeLessThan(2e-3),
    );
  }
});

test('the gradient of a denoising score matching loss agrees with float64 finite differences', () => {
  // f(x, sigma) = a . silu(x W + c sigma), whose score by hand is -W (a silu'(x W + c sigma)).
  const [B, D, H] = [6, 2, 4];
  const n = D * H + 2 * H;
  const network: EnergyNetwork = {
    specs: [
      { name: 'W', shape: [D, H], init: zeros },
      { name: 'c', shape: [H], init: zeros },
      { name: 'a', shape: [H, 1], init: zeros },
    ],
    energy({ W, c, a }, x, level) {
      const z = tf.add(tf.matMul(x, W!), tf.mul(tf.reshape(level, [-1, 1]), c!));
      return tf.reshape(tf.matMul(tf.mul(z, tf.sigmoid(z)), a!), [-1]);
    },
  };
  const [w, x, z] = [draw(n, 1), draw(B * D, 2), draw(B * D, 3)] as const;
  const sigma = Float32Array.from([0.2, 0.4, 0.6, 0.8, 1, 1.2]);

  const model = energyModel(network);
  const loss = (flat: tf.Tensor) => {
    const level = tf.tensor1d(sigma);
    const s = model.apply(unpack(flat as tf.Tensor1D, model.specs), tf.tensor2d(x, [B, D]), level);
    const residual = tf.add(tf.mul(tf.reshape(level, [-1, 1]), s), tf.tensor2d(z, [B, D]));
    return tf.mul(0.5, tf.mean(tf.square(residual)));
  };

  const loss64 = (w: number[]) => {
    let sum = 0;
    for (let b = 0; b < B; b++) {
      const score = Array<number>(D).fill(0);
      for (let j = 0; j < H; j++) {
        let y = w[D * H + j]! * sigma[b]!;
        for (let i = 0; i < D; i++) y += x[b * D + i]! * w[i * H + j]!;
        const s = 1 / (1 + Math.exp(-y));
        for (let i = 0; i < D; i++) score[i]! -= w[i * H + j]! * w[D * H + H + j]! * s * (1 + y * (1 - s));
      }
      score.forEach((s, i) => (sum += (sigma[b]! * s + z[b * D + i]!) ** 2));
    }
    return (0.5 * sum) / (B * D);
  };

  const h = 1e-5;
  const expected = Array.from(w, (_, k) => {
    const at = (step: number) => loss64(Array.from(w, (wi, i) => wi + (i === k ? step : 0)));
    return (at(h) - at(-h)) / (2 * h);
  });
  const scale = Math.max(...expected.map(Math.abs));
  tf.grad(loss)(tf.tensor1d(w))
    .dataSync()
    .forEach((g, k) =>
      expect(Math.abs(g - expected[k]!), `parameter ${k}, seed ${seed}`).toBeLessThan(1e-5 * scale),
    );
});
