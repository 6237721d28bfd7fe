import {
  alphaBars,
  conversion,
  convert,
  cosineBetas,
  geometricSigmas,
  linearBetas,
  normals,
} from '@scorebridge/runtime';
import * as tf from '@tensorflow/tfjs';
import { Tensor } from 'onnxruntime-common';
import { beforeAll, describe, expect, test } from 'vitest';
import { denoising } from './denoising.js';
import { eps } from './eps.js';
import {
  boundWeight,
  minSnrWeight,
  p2Weight,
  sigmaPowerWeight,
  snrWeight,
  truncatedSnrWeight,
} from './loss-weights.js';
import { mu } from './mu.js';
import type { HostTensor, Objective, Predict } from './objective.js';
import { timeSteps } from './time-steps.js';
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

const KINDS = ['eps', 'x0', 'v', 'mu'] as const;
const marginal = (t: number) => ({ scale: Math.sqrt(abar[t]!), sigma: Math.sqrt(1 - abar[t]!) });

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

describe.each(['large', 'small'] as const)('the bound with the %s variance', (variance) => {
  const weight = boundWeight({ variance });
  const alpha = (t: number) => abar[t]! / abar[t - 1]!;
  const sigma2 = (t: number) =>
    variance === 'large'
      ? betas[t]!
      : (betas[Math.max(t, 2)]! * (1 - abar[Math.max(t, 2) - 1]!)) / (1 - abar[Math.max(t, 2)]!);

  test('weighs mu and eps as in the derivation', () => {
    const closedForms: [Objective, (t: number) => number][] = [
      [mu({ betas, weight }), (t) => 1 / (2 * sigma2(t))],
      [eps({ betas, weight }), (t) => betas[t]! ** 2 / (2 * sigma2(t) * alpha(t) * (1 - abar[t]!))],
    ];
    for (const [objective, closedForm] of closedForms) {
      const weights = weightByLevel(objective);
      expect(weights.size).toBe(50);
      for (const [t, w] of weights) expect(Math.abs(w / closedForm(t) - 1), `t ${t}`).toBeLessThan(1e-6);
    }
  });

  test('is the same for all predictions, each turned into each other, to 1e-6 in float64', () => {
    for (const step of timeSteps(betas)) {
      const level = { level: step.t, scale: step.scale, sigma: step.sigma, previous: marginal(step.t - 1) };
      const [x0, eps, guess] = [0.3, -1.2, 0.8];
      const xt = step.scale * x0 + step.sigma * eps;
      const targets = {
        x0,
        eps,
        v: step.scale * eps - step.sigma * x0,
        mu: step.posterior.onX * xt + step.posterior.onX0 * x0,
      };
      const errorPerX0 = { x0: 1, eps: step.snr, v: step.snr + 1, mu: step.posterior.onX0 ** 2 };
      const expected = weight(step.snr, step) * (x0 - guess) ** 2;
      for (const from of KINDS) {
        // The guess in the clothes of `from`, then of `to`.
        const [xA, yA] = conversion('x0', from, level);
        for (const to of KINDS) {
          const [xB, yB] = conversion(from, to, level);
          const prediction = xB * xt + yB * (xA * xt + yA * guess);
          const loss = (weight(step.snr, step) / errorPerX0[to]) * (targets[to] - prediction) ** 2;
          expect(Math.abs(loss / expected - 1), `${from} to ${to}, t ${step.t}`).toBeLessThan(1e-6);
        }
      }
    }
  });
});

test('mu weighs as the bound does unless it is told otherwise', () => {
  expect(weightByLevel(mu({ betas }))).toEqual(weightByLevel(mu({ betas, weight: boundWeight() })));
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
