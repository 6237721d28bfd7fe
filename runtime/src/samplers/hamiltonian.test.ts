import { expect, test } from 'vitest';
import { normalBatch } from '../noise/normal.js';
import { processLevels } from '../process/process-levels.js';
import { sample } from '../sampling/sample.js';
import { gaussian } from '../testing/gaussian.js';
import { mixture } from '../testing/mixture.js';
import { expectMoments } from '../testing/moments.js';
import { hamiltonian } from './hamiltonian.js';
import { leapfrog } from './leapfrog.js';
import type { Chain } from './sampler.js';

const N = 20_000;
/** N independent chains. */
const chains = { count: N, batch: N };

const mean = [1, -2];
const correlated = gaussian(mean, [
  [4 / 3, -2 / 3],
  [-2 / 3, 4 / 3],
]);

test(
  'on a correlated Gaussian: mean and covariance within 4 standard errors',
  { tags: ['long'] },
  async () => {
    const seed = 1;
    const sampler = hamiltonian({ eps: 0.9, leapfrog: 3 });
    const { samples, acceptance } = await sample(correlated, { sampler, steps: 40, seed, ...chains }).result;
    expect(acceptance).toBeLessThan(0.95);
    const covariance = [
      [1, 0.5],
      [0.5, 1],
    ];
    expectMoments(samples, { mean, covariance }, `seed ${seed}`);
  },
);

test(
  'on a mixture of unequal parts: mean and variance within 4 standard errors',
  { tags: ['long'] },
  async () => {
    const seed = 2;
    const source = mixture({
      components: [
        { weight: 0.75, mean: [1.2], std: [0.4] },
        { weight: 0.25, mean: [-0.8], std: [0.8] },
      ],
      process: { kind: 've', schedule: { name: 'geometric', sigmaMax: 1, sigmaMin: 0.3, L: 3 } },
      parametrisation: 'v',
      valueRange: [-3, 3],
    });
    const sampler = hamiltonian({ eps: 0.5, leapfrog: 4 });
    const { samples } = await sample(source, { sampler, steps: 60, seed, ...chains }).result;
    const variance = 0.75 * (0.25 + 0.5 ** 2) + 0.25 * (0.73 + 1.5 ** 2);
    expectMoments(samples, { mean: [0.7], covariance: [[variance]] }, `seed ${seed}`);
  },
);

/**
 * Mean acceptance of L leapfrog steps on N(0, 1) from N(0, 1). They are linear in (x, p), a matrix M of determinant 1, so
 * H' - H = 1/2 z' (M'M - I) z with z ~ N(0, I). M'M has eigenvalues lambda and 1 / lambda, and by reversibility the mean
 * of min(1, exp(H - H')) is 2 P(H' < H) = 4 / pi arctan(1 / sqrt(lambda)).
 */
function expectedAcceptance(eps: number, L: number): number {
  const images = [
    [1, 0],
    [0, 1],
  ].map(([x = 0, p = 0]) => {
    for (let l = 0; l < L; l++) {
      p -= (eps / 2) * x;
      x += eps * p;
      p -= (eps / 2) * x;
    }
    return [x, p];
  });
  const trace = images.flat().reduce((sum, v) => sum + v * v, 0);
  const lambda = trace / 2 + Math.sqrt(Math.max(0, (trace / 2) ** 2 - 1));
  return (4 / Math.PI) * Math.atan(1 / Math.sqrt(lambda));
}

test.each([
  [0.8, 1],
  [1.2, 4],
  [1.7, 7],
])('the acceptance on N(0, 1), within 4 standard errors, eps %d and %i steps', async (eps, L) => {
  const seed = 3;
  const initial = normalBatch(new Float32Array(N), N, { seed, stream: 1000 });
  const sampler = hamiltonian({ eps, leapfrog: L });
  const { acceptance } = await sample(gaussian([0], [[1]]), { sampler, steps: 1, seed, initial, ...chains })
    .result;
  const expected = expectedAcceptance(eps, L);
  const error = Math.sqrt((expected * (1 - expected)) / N);
  expect(Math.abs(acceptance! - expected) / error, `seed ${seed}, standard errors`).toBeLessThan(4);
});

/** A chain on f(x) = sum x^4 / 4 + x^2 / 2, with f in float64 beside it. */
function quartic(x: Float32Array) {
  const energy = () => x.reduce((sum, v) => sum + v ** 4 / 4 + v ** 2 / 2, 0);
  const score = () => x.map((v) => -(v ** 3) - v);
  const chain: Chain = {
    card: correlated.card,
    x,
    estimate: async () => score(),
    estimateAt: async () => score(),
    evaluate: async () => ({ score: score(), energy: Float32Array.of(energy()) }),
    normals: () => new Float32Array(2),
    learnedNormals: () => {
      throw new Error('not asked for');
    },
    clip: (x0) => x0,
    rows: (values) => values,
    uniforms: () => new Float32Array(1),
  };
  const level = processLevels(chain.card.process)[0]!;
  return {
    total: (p: Float64Array) => energy() + p.reduce((sum, v) => sum + v ** 2 / 2, 0),
    steps: (p: Float64Array, L: number) => leapfrog(chain, p, score(), { level, eps: 2 / L, L }),
  };
}

test('leapfrog: over the same time the error in H falls by 4 as the step halves', async () => {
  const errorOf = async (L: number) => {
    const p = Float64Array.of(0.7, 0.2);
    const { total, steps } = quartic(Float32Array.of(0.3, -1.1));
    const before = total(p);
    await steps(p, L);
    return total(p) - before;
  };
  const [coarse, fine] = [await errorOf(40), await errorOf(80)];
  expect(Math.abs(fine)).toBeGreaterThan(1e-5);
  expect(coarse / fine).toBeCloseTo(4, 1);
});

test('leapfrog: with the momentum turned round it goes back to where it came from', async () => {
  const x = Float32Array.of(0.3, -1.1);
  const p = Float64Array.of(0.7, 0.2);
  const { steps } = quartic(x);
  await steps(p, 10);
  expect(Math.hypot(x[0]! - 0.3, x[1]! + 1.1)).toBeGreaterThan(0.5);
  p.forEach((v, i) => (p[i] = -v));
  await steps(p, 10);
  [0.3, -1.1].forEach((v, i) => expect(x[i]).toBeCloseTo(v, 6));
  [-0.7, -0.2].forEach((v, i) => expect(p[i]).toBeCloseTo(v, 6));
});

test('sample i is the same in any batch', async () => {
  const options = { sampler: hamiltonian({ eps: 0.9, leapfrog: 3 }), steps: 10, count: 10, seed: 4 };
  const run = async (batch: number) => (await sample(correlated, { ...options, batch }).result).samples;
  const all = await run(10);
  expect(await run(1)).toEqual(all);
  expect(await run(3)).toEqual(all);
});

test('a step size of 0 and no leapfrog steps are refused by name', () => {
  expect(() => hamiltonian({ eps: 0 })).toThrow(new RangeError('eps is 0; expected a positive number.'));
  expect(() => hamiltonian({ leapfrog: 0 })).toThrow(
    new RangeError('leapfrog is 0; expected a positive integer.'),
  );
});
