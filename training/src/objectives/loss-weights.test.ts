import { alphaBars, convert, cosineBetas, geometricSigmas, linearBetas, normals } from '@scorebridge/runtime';
import * as tf from '@tensorflow/tfjs';
import { Tensor } from 'onnxruntime-common';
import { beforeAll, describe, expect, test } from 'vitest';
import { denoising } from './denoising.js';
import { eps } from './eps.js';
import { minSnrWeight, p2Weight, sigmaPowerWeight, snrWeight, truncatedSnrWeight } from './loss-weights.js';
import type { HostTensor, Objective, Predict } from './objective.js';
import { v } from './v.js';
import { x0 } from './x0.js';

beforeAll(async () => {
  await tf.setBackend('cpu');
});

const random = { seed: 23, step: 4 };
const betas = linearBetas({ T: 50, betaStart: 1e-3, betaEnd: 0.3 });
const abar = alphaBars(betas);
const [B, D] = [200, 3];
const x = new Tensor('float32', normals(new Float32Array(B * D), { seed: 98 }), [B, D]);

const values = (tensor: HostTensor) => Array.from(tensor.data as Float32Array);

/** Each weight that was drawn, by the level that it was drawn for. */
function weightByLevel(objective: Objective): Map<number, number> {
  const { level, weight } = objective.draw({ x }, random);
  return new Map(values(level!).map((l, i) => [l, values(weight!)[i]!]));
}

// SNR = a / (1 - a), with the fractions of each formula as its paper has them.
const [k, gamma] = [0.5, 0.7];
describe.each<[string, Parameters<typeof eps>[0]['weight'], Record<string, (a: number) => number>]>([
  ['snr', snrWeight, { eps: () => 1, v: (a) => a, x0: (a) => a / (1 - a) }],
  [
    'min-snr',
    minSnrWeight(3),
    {
      eps: (a) => Math.min(1, (3 * (1 - a)) / a),
      v: (a) => Math.min(a, 3 * (1 - a)),
      x0: (a) => Math.min(a / (1 - a), 3),
    },
  ],
  [
    'truncated-snr',
    truncatedSnrWeight,
    {
      eps: (a) => Math.max(1, (1 - a) / a),
      v: (a) => Math.max(a, 1 - a),
      x0: (a) => Math.max(a / (1 - a), 1),
    },
  ],
  [
    'p2',
    p2Weight({ k, gamma }),
    {
      eps: (a) => (k + a / (1 - a)) ** -gamma,
      v: (a) => a * (k + a / (1 - a)) ** -gamma,
      x0: (a) => (a / (1 - a)) * (k + a / (1 - a)) ** -gamma,
    },
  ],
])('%s', (_, weight, closedForms) => {
  test.each(Object.entries({ eps, v, x0 }))('has its closed form at every t, for %s', (name, objective) => {
    const weights = weightByLevel(objective({ betas, weight }));
    expect(weights.size).toBe(50);
    for (const [t, w] of weights)
      // Both are rounded to float32, which may put them one apart.
      expect(Math.abs(w / closedForms[name]!(abar[t]!) - 1), `t ${t}`).toBeLessThan(1.3e-7);
  });

  test('is the same loss of the same denoiser, whatever the network predicts', () => {
    // Some denoiser, wrong by an amount that differs from time step to time step.
    const lossOf = (objective: Objective, as: 'eps' | 'v' | 'x0') => {
      const predict: Predict = (xt, level) => {
        const noisy = xt.dataSync() as Float32Array;
        const out = new Float32Array(B * D);
        level.dataSync().forEach((t, i) => {
          const row = noisy.slice(i * D, (i + 1) * D);
          const levelAt = (t: number) => ({ t, scale: Math.sqrt(abar[t]!), sigma: Math.sqrt(1 - abar[t]!) });
          const guess = row.map((value) => Math.tanh(value) * (0.2 + t / 50));
          const at = { ...levelAt(t), previous: levelAt(t - 1) } as never;
          out.set(convert(new Float32Array(D), row, guess, 'x0', as, at), i * D);
        });
        return tf.tensor2d(out, [B, D]);
      };
      const inputs = Object.entries(objective.draw({ x }, random)).map(([name, { data, dims }]) => [
        name,
        tf.tensor(data as Float32Array, [...dims]),
      ]);
      return tf.tidy(() => objective.loss(predict, Object.fromEntries(inputs)).dataSync()[0]!);
    };
    const [ofEps, ofV, ofX0] = [
      lossOf(eps({ betas, weight }), 'eps'),
      lossOf(v({ betas, weight }), 'v'),
      lossOf(x0({ betas, weight }), 'x0'),
    ];
    expect(ofX0).toBeGreaterThan(1e-3);
    expect(Math.abs(ofEps / ofX0 - 1), `seed ${random.seed}`).toBeLessThan(1e-4);
    expect(Math.abs(ofV / ofX0 - 1), `seed ${random.seed}`).toBeLessThan(1e-4);
  });
});

test('lambda = sigma^p has its closed form at every level, and p = 2 is what there is without a weight', () => {
  const sigmas = geometricSigmas({ sigmaMax: 2, sigmaMin: 0.1, L: 6 });
  for (const p of [0, 1, 2, 2.5]) {
    const weights = weightByLevel(denoising({ sigmas, weight: sigmaPowerWeight(p) }));
    expect(weights.size).toBe(6);
    for (const sigma of sigmas)
      // Of the error in sigma s + z, which is sigma times that in the score.
      expect(weights.get(Math.fround(sigma))! / (sigma ** p / (sigma * sigma))).toBeCloseTo(1, 6);
  }
  expect([...weightByLevel(denoising({ sigmas, weight: sigmaPowerWeight() })).values()]).toEqual(
    Array<number>(6).fill(1),
  );
});

test('without a weight none is drawn: the loss is the plain mean', () => {
  for (const objective of [
    eps({ betas }),
    v({ betas }),
    x0({ betas }),
    denoising({ sigmas: geometricSigmas() }),
  ])
    expect(objective.draw({ x }, random)).not.toHaveProperty('weight');
});

test('the weights of the defaults are finite over a cosine schedule', () => {
  for (const weight of [snrWeight, minSnrWeight(), truncatedSnrWeight, p2Weight()])
    for (const objective of [eps, v, x0])
      for (const w of weightByLevel(objective({ betas: cosineBetas({ T: 50 }), weight })).values())
        expect(w).toSatisfy((w: number) => Number.isFinite(w) && w > 0);
});
