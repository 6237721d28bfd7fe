import { expect, test } from 'vitest';
import { normalBatch } from '../noise/normal.js';
import { sample } from '../sampling/sample.js';
import { gaussian } from '../testing/gaussian.js';
import { mixture } from '../testing/mixture.js';
import { expectMoments } from '../testing/moments.js';
import { hamiltonian } from './hamiltonian.js';
import { langevin } from './langevin.js';
import { mala } from './mala.js';

const N = 20_000;
/** N independent chains. */
const chains = { count: N, batch: N };

const mean = [1, -2];
const correlated = gaussian(mean, [
  [4 / 3, -2 / 3],
  [-2 / 3, 4 / 3],
]);
const covariance = [
  [1, 0.5],
  [0.5, 1],
];

test.each([0.2, 1.5])(
  'on a correlated Gaussian: mean and covariance within 4 standard errors, eps %d',
  { tags: ['long'] },
  async (eps) => {
    const seed = 1;
    const sampler = mala({ eps });
    const { samples } = await sample(correlated, { sampler, steps: 200, seed, ...chains }).result;
    expectMoments(samples, { mean, covariance }, `seed ${seed}`);
  },
);

test(
  'at a large step it is right where unadjusted Langevin is not: variance 1, not 1 / (1 - eps / 4)',
  { tags: ['long'] },
  async () => {
    const [eps, seed] = [1.5, 2];
    const source = gaussian([0], [[1]]);
    const options = { steps: 100, seed, ...chains };
    const adjusted = await sample(source, { sampler: mala({ eps }), ...options }).result;
    expectMoments(adjusted.samples, { mean: [0], covariance: [[1]] }, `adjusted, seed ${seed}`);
    const unadjusted = await sample(source, { sampler: langevin({ eps }), ...options }).result;
    expectMoments(unadjusted.samples, { mean: [0], covariance: [[1.6]] }, `unadjusted, seed ${seed}`);
    expect(unadjusted.acceptance).toBeUndefined();
  },
);

test(
  'on a mixture of unequal parts: mean and covariance within 4 standard errors',
  { tags: ['long'] },
  async () => {
    const seed = 3;
    const components = [
      { weight: 0.7, mean: [1.5, 0], std: [0.5, 1] },
      { weight: 0.3, mean: [-1, 1], std: [1, 0.4] },
    ];
    const source = mixture({
      components,
      process: { kind: 've', schedule: { name: 'geometric', sigmaMax: 1, sigmaMin: 0.3, L: 3 } },
      parametrisation: 'eps',
      valueRange: [-3, 3],
    });
    const { samples } = await sample(source, { sampler: mala({ eps: 0.5 }), steps: 300, seed, ...chains })
      .result;
    const centre = [0, 1].map((d) => components.reduce((sum, c) => sum + c.weight * c.mean[d]!, 0));
    const spread = [0, 1].map((j) =>
      [0, 1].map((k) =>
        components.reduce((sum, c) => {
          const within = j === k ? c.std[j]! ** 2 + 0.3 ** 2 : 0;
          return sum + c.weight * (within + (c.mean[j]! - centre[j]!) * (c.mean[k]! - centre[k]!));
        }, 0),
      ),
    );
    expectMoments(samples, { mean: centre, covariance: spread }, `seed ${seed}`);
  },
);

/**
 * Mean acceptance of one move on N(0, 1) from N(0, 1), by the definition: the average over x and z, trapezia in both, of
 * min(1, p(x') q(x | x') / (p(x) q(x' | x))).
 */
function expectedAcceptance(eps: number): number {
  const normal = (x: number, m: number, variance: number) =>
    Math.exp(-((x - m) ** 2) / (2 * variance)) / Math.sqrt(2 * Math.PI * variance);
  const towards = (x: number) => x - (eps / 2) * x;
  const h = 0.01;
  let sum = 0;
  for (let x = -8; x <= 8; x += h) {
    for (let z = -8; z <= 8; z += h) {
      const to = towards(x) + Math.sqrt(eps) * z;
      const ratio =
        (normal(to, 0, 1) * normal(x, towards(to), eps)) / (normal(x, 0, 1) * normal(to, towards(x), eps));
      sum += normal(x, 0, 1) * normal(z, 0, 1) * Math.min(1, ratio) * h * h;
    }
  }
  return sum;
}

test.each([0.5, 1, 2])(
  'the acceptance on N(0, 1), within 4 standard errors of quadrature, eps %d',
  async (eps) => {
    const seed = 4;
    const initial = normalBatch(new Float32Array(N), N, { seed, stream: 1000 });
    const source = gaussian([0], [[1]]);
    const run = sample(source, { sampler: mala({ eps }), steps: 1, seed, initial, ...chains });
    const { acceptance } = await run.result;
    const expected = expectedAcceptance(eps);
    const error = Math.sqrt((expected * (1 - expected)) / N);
    expect(Math.abs(acceptance! - expected) / error, `seed ${seed}, standard errors`).toBeLessThan(4);
  },
);

test('the acceptance of each step, and of all; what was not accepted has not moved', async () => {
  const run = sample(correlated, { sampler: mala({ eps: 2 }), steps: 5, count: 50, seed: 5, batch: 7 });
  let before = new Float32Array(100);
  const shares: number[] = [];
  for await (const { step, x, acceptance } of run) {
    let moved = 0;
    for (let i = 0; i < 50; i++) {
      if (x[2 * i] !== before[2 * i] || x[2 * i + 1] !== before[2 * i + 1]) moved++;
    }
    if (step > 1) expect(acceptance).toBe(moved / 50);
    shares.push(acceptance!);
    before = x.slice();
  }
  const { acceptance } = await run.result;
  expect(acceptance).toBeCloseTo(
    shares.reduce((sum, share) => sum + share / 5, 0),
    12,
  );
});

test('sample i is the same in any batch', async () => {
  const options = { sampler: mala({ eps: 1 }), steps: 20, count: 10, seed: 6 };
  const run = async (batch: number) => (await sample(correlated, { ...options, batch }).result).samples;
  const all = await run(10);
  expect(await run(1)).toEqual(all);
  expect(await run(3)).toEqual(all);
});

test('it is Hamiltonian Monte Carlo of one leapfrog step of size sqrt(eps)', async () => {
  const options = { steps: 30, count: 40, seed: 7 };
  const [a, b] = await Promise.all(
    [mala({ eps: 0.8 }), hamiltonian({ eps: Math.sqrt(0.8), leapfrog: 1 })].map(
      (sampler) => sample(correlated, { sampler, ...options }).result,
    ),
  );
  expect(a!.acceptance).toBe(b!.acceptance);
  a!.samples.forEach((x, i) => expect(x).toBeCloseTo(b!.samples[i]!, 4));
});

test('a bad step size, and a source without an energy, are refused before any work', () => {
  expect(() => mala({ eps: 0 })).toThrow(new RangeError('eps is 0; expected a positive number.'));
  const { card } = correlated;
  const predict = () => Promise.reject(new Error('asked'));
  expect(() => sample({ card, predict }, { sampler: mala(), count: 1, seed: 1 })).toThrow(
    new RangeError(
      'The sampler mala needs a model with an energy and this one has none: take another, such as langevin.',
    ),
  );
});
