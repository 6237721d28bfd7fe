import * as tf from '@tensorflow/tfjs';
import { beforeAll, expect, test } from 'vitest';
import { mixturePoints } from '../data/mixture-points.js';
import { grid } from '../quadrature/grid.js';
import { logPartition } from '../quadrature/log-partition.js';
import { energyModel } from './energy.js';
import { mixtureEnergy } from './mixture.js';

beforeAll(async () => {
  await tf.setBackend('cpu');
});

const components = [
  { weight: 0.3, mean: [1, -2], std: 0.5 },
  { weight: 0.7, mean: [-1, 0.5], std: 0.8 },
];
const sigma = 0.6;
/** Density and score by hand, in float64. */
function byHand(x: readonly number[], sigma: number) {
  let p = 0;
  const slope = x.map(() => 0);
  for (const { weight, mean, std } of components) {
    const variance = std ** 2 + sigma ** 2;
    const square = x.reduce((sum, value, d) => sum + (value - mean[d]!) ** 2, 0);
    const share = (weight * Math.exp(-square / (2 * variance))) / (2 * Math.PI * variance);
    p += share;
    x.forEach((value, d) => (slope[d]! -= (share * (value - mean[d]!)) / variance));
  }
  return { energy: -Math.log(p), score: slope.map((s) => s / p) };
}

test('energy and score are those of the formula, at every noise level', () => {
  const model = energyModel(mixtureEnergy(components));
  const points = [
    [0, 0],
    [1.2, -1.7],
    [-3, 2],
    [6, 6],
  ];
  const levels = [0, sigma, 0, sigma];
  const [x, level] = [tf.tensor2d(points), tf.tensor1d(levels)];
  const [energy, score] = [
    model.energy({}, x, level).arraySync(),
    model.apply({}, x, level).arraySync() as number[][],
  ];
  points.forEach((point, i) => {
    const expected = byHand(point, levels[i]!);
    expect(energy[i]).toBeCloseTo(expected.energy, 4);
    expected.score.forEach((s, d) => expect(score[i]![d]).toBeCloseTo(s, 4));
  });
});

test('Z is 1, by quadrature', () => {
  const { energy } = mixtureEnergy(components);
  const whole = grid({ low: [-7, -7], high: [7, 7], n: 140 });
  const logZ = logPartition((x) => energy({}, x, tf.fill([x.shape[0]], sigma) as tf.Tensor1D), whole);
  expect(Math.abs(logZ.dataSync()[0]!)).toBeLessThan(1e-5);
});

test('points have the shares and moments of the components, and do not depend on how many there are', () => {
  const [seed, count] = [3, 40_000];
  const x = mixturePoints(components, count, { seed }).x.data as Float32Array;
  expect(mixturePoints(components, 10, { seed }).x.data).toEqual(x.subarray(0, 20));
  expect(mixturePoints(components, 10, { seed, step: 1 }).x.data).not.toEqual(x.subarray(0, 20));
  for (const d of [0, 1]) {
    let [sum, squares] = [0, 0];
    for (let i = d; i < x.length; i += 2) {
      sum += x[i]! / count;
      squares += x[i]! ** 2 / count;
    }
    const mean = components.reduce((m, { weight, mean }) => m + weight * mean[d]!, 0);
    const square = components.reduce(
      (m, { weight, mean, std }) => m + weight * (mean[d]! ** 2 + std ** 2),
      0,
    );
    const error = 4 * Math.sqrt((square - mean ** 2) / count);
    expect(Math.abs(sum - mean), `mean ${d}, seed ${seed}`).toBeLessThan(error);
    // The fourth moment is at most 3 max(m^2 + std^2)^2.
    expect(Math.abs(squares - square), `square ${d}, seed ${seed}`).toBeLessThan(
      4 * Math.sqrt((3 * 4.25 ** 2) / count),
    );
  }
});

test('what is no mixture is refused', () => {
  expect(() => mixtureEnergy([{ weight: 0.5, mean: [0], std: 1 }])).toThrow(/add up to 0.5; expected 1/);
  const uneven = [
    { weight: 0.5, mean: [0], std: 1 },
    { weight: 0.5, mean: [0, 1], std: 1 },
  ];
  expect(() => mixtureEnergy(uneven)).toThrow(/mean of 1 numbers/);
});
