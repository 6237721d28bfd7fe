import * as tf from '@tensorflow/tfjs';
import { Tensor } from 'onnxruntime-common';
import { beforeAll, expect, test } from 'vitest';
import { mixturePoints } from '../data/mixture-points.js';
import { energyModel } from '../models/energy.js';
import { gaussianEnergy, gaussianScore } from '../models/gaussian.js';
import { lossAndGradient } from '../optimiser/loss-and-gradient.js';
import { grid } from '../quadrature/grid.js';
import { contrastiveDivergence } from './contrastive-divergence.js';
import { maximumLikelihood } from './maximum-likelihood.js';
import type { HostTensor, Objective } from './objective.js';

beforeAll(async () => {
  await tf.setBackend('cpu');
});

const seed = 43;
const [B, D] = [300, 2];
const { x } = mixturePoints([{ weight: 1, mean: [0.4, -0.2], std: 0.9 }], B, { seed });
const data = Array.from({ length: B }, (_, i) => [x.data[D * i] as number, x.data[D * i + 1] as number]);
const network = energyModel(gaussianEnergy({ dimensions: D }));
const m = [0.1, 0.3];
const P = [
  [1.4, 0.3],
  [0.3, 0.8],
];

type Chains = Record<string, tf.Variable>;
/** Loss and gradient, and what has become of the memory. */
function evaluated(objective: Objective, memory: Readonly<Record<string, Float32Array>> = {}) {
  const variables: Chains = {
    parameters: tf.variable(tf.tensor1d([...m, ...P.flat()])),
    ...Object.fromEntries(
      Object.entries(memory).map(([name, values]) => [`memory/${name}`, tf.variable(tf.tensor1d(values))]),
    ),
  };
  const inputs = Object.entries(objective.draw({ x }, { seed, step: 1 }));
  const tensors = inputs.map(([name, { data, dims }]: [string, HostTensor]) => [
    name,
    tf.tensor(data as Float32Array, [...dims]),
  ]);
  const { loss, gradient } = lossAndGradient(network, objective)(
    variables,
    Object.fromEntries(tensors) as Record<string, tf.Tensor>,
  );
  return { loss: loss.dataSync()[0]!, gradient: gradient.dataSync(), memory: variables };
}

/** E[grad f] with respect to (m, P) over points, by hand: -(P + P') (x - m) / 2 and (x - m)(x - m)' / 2. */
function energyGradient(points: readonly (readonly number[])[]): number[] {
  const sum = [0, 0, 0, 0, 0, 0];
  for (const point of points) {
    const d = point.map((value, i) => value - m[i]!);
    for (let i = 0; i < D; i++) {
      sum[i]! -= (P[i]![0]! * d[0]! + P[i]![1]! * d[1]!) / points.length;
      for (let j = 0; j < D; j++) sum[D + D * i + j]! += (d[i]! * d[j]!) / 2 / points.length;
    }
  }
  return sum;
}

const expectClose = (actual: ArrayLike<number>, expected: readonly number[]) =>
  expected.forEach((value, i) =>
    expect(Math.abs(actual[i]! - value), `${i}, seed ${seed}`).toBeLessThan(2e-5),
  );

test('maximum likelihood: the loss is that of the normalised Gaussian, its gradient what data and model differ by', () => {
  const { loss, gradient } = evaluated(
    maximumLikelihood({ grid: grid({ low: [-9, -9], high: [9, 9], n: 120 }) }),
  );
  const determinant = P[0]![0]! * P[1]![1]! - P[0]![1]! ** 2;
  const energies = data.map(([a, b]) => {
    const d = [a! - m[0]!, b! - m[1]!] as const;
    return (P[0]![0]! * d[0] ** 2 + 2 * P[0]![1]! * d[0] * d[1] + P[1]![1]! * d[1] ** 2) / 2;
  });
  const expected =
    energies.reduce((sum, f) => sum + f / B, 0) + Math.log(2 * Math.PI) - Math.log(determinant) / 2;
  expect(loss).toBeCloseTo(expected, 4);
  // Of the model: 0 for m, and half its covariance for P.
  const half = [P[1]![1]!, -P[0]![1]!, -P[0]![1]!, P[0]![0]!].map((value) => value / determinant / 2);
  expectClose(
    gradient,
    energyGradient(data).map((value, i) => value - (half[i - D] ?? 0)),
  );
});

/** k steps of Langevin dynamics by hand, from given points, with the noise that the objective drew. */
function chainsByHand(start: readonly (readonly number[])[], noise: HostTensor, k: number, eps: number) {
  const z = noise.data as Float32Array;
  return start.map((point, i) => {
    let at = [...point];
    for (let step = 0; step < k; step++) {
      const d = at.map((value, j) => value - m[j]!);
      at = at.map((value, j) => {
        const score = -(P[j]![0]! * d[0]! + P[j]![1]! * d[1]!);
        return value + (eps / 2) * score + Math.sqrt(eps) * z[(i * k + step) * D + j]!;
      });
    }
    return at;
  });
}

test('contrastive divergence: the gradient is that of data less that of chains, through which none flows', () => {
  const objective = contrastiveDivergence({ k: 3, eps: 0.2 });
  const noise = objective.draw({ x }, { seed, step: 1 }).chain_noise!;
  const ends = energyGradient(chainsByHand(data, noise, 3, 0.2));
  expectClose(
    evaluated(objective).gradient,
    energyGradient(data).map((value, i) => value - ends[i]!),
  );
});

test('persistent chains start where they are told to, and go on from where they were', () => {
  const chains = Float32Array.from({ length: B * D }, (_, e) => Math.sin(e));
  const objective = contrastiveDivergence({ k: 2, eps: 0.1, chains });
  const noise = objective.draw({ x }, { seed, step: 1 }).chain_noise!;
  const start = Array.from({ length: B }, (_, i) => [chains[D * i]!, chains[D * i + 1]!]);
  const once = chainsByHand(start, noise, 2, 0.1);
  const { gradient, memory } = evaluated(objective, objective.memory);
  const ends = energyGradient(once);
  expectClose(
    gradient,
    energyGradient(data).map((value, i) => value - ends[i]!),
  );
  const kept = memory['memory/chains']!.dataSync() as Float32Array;
  expectClose(kept, once.flat());
  const twice = evaluated(objective, { chains: kept }).memory['memory/chains']!.dataSync();
  expectClose(twice, chainsByHand(once, noise, 2, 0.1).flat());
});

test('a network without an energy, chains of another number, and a chain outside of training are refused', () => {
  const parameters = { parameters: tf.variable(tf.tensor1d([...m, ...P.flat()])) };
  const score = lossAndGradient(gaussianScore({ dimensions: D }), contrastiveDivergence());
  const inputs = { x: tf.zeros([1, D]), chain_noise: tf.zeros([1, 10, D]) };
  expect(() => score(parameters, inputs)).toThrow(
    'Contrastive divergence needs an energy, and this network has only a score: make it with energyModel.',
  );
  const few = contrastiveDivergence({ chains: new Float32Array(4) });
  expect(() =>
    few.draw({ x: new Tensor('float32', new Float32Array(2), [1, 2]) }, { seed, step: 1 }),
  ).toThrow(/4 numbers in the chains and 2 in a batch \[1, 2\]/);
  const model = Object.assign(() => inputs.x, { energy: () => tf.zeros([1]) as tf.Tensor1D });
  expect(() => few.loss(model, inputs)).toThrow(/Persistent chains live in a training run/);
  expect(() => contrastiveDivergence({ k: 0 })).toThrow(/k is 0; expected a positive integer/);
  expect(() => contrastiveDivergence({ eps: -1 })).toThrow(/eps is -1; expected a positive number/);
});
