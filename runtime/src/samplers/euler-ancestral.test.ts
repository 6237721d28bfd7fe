import { expect, test } from 'vitest';
import { sample } from '../sampling/sample.js';
import { karras } from '../spacing/karras.js';
import { expectMixture } from '../testing/expect-mixture.js';
import { type Algorithm, expectStates } from '../testing/in-units-of-data.js';
import { ve, vp } from '../testing/two-parts.js';
import { mixture } from '../testing/mixture.js';
import { ddim } from './ddim.js';
import { ddpm } from './ddpm.js';
import { eulerAncestral } from './euler-ancestral.js';
import { euler } from './euler.js';

const spacing = karras();

/** Euler's step to sigma_down, and noise of sigma_up, which together have the next level's variance. */
const ancestral = (eta: number, sNoise: number): Algorithm =>
  function* ({ sigmas, denoise, noise }, x) {
    for (let i = 0; i + 1 < sigmas.length; i++) {
      const [sigma, next] = [sigmas[i]!, sigmas[i + 1]!];
      const up = Math.min(next, eta * Math.sqrt((next ** 2 * (sigma ** 2 - next ** 2)) / sigma ** 2));
      const down = Math.sqrt(next ** 2 - up ** 2);
      const x0 = denoise(x, sigma);
      const z = up > 0 ? noise() : undefined;
      x = x.map((v, j) => v + ((v - x0[j]!) / sigma) * (down - sigma) + (z ? up * sNoise * z[j]! : 0));
      yield x;
    }
  };

test.each([vp, ve])("k-diffusion's algorithm, step by step on $kind, in float64", async (process) => {
  for (const [eta, sNoise] of [
    [0, 1],
    [0.5, 1.1],
    [1, 1],
    [3, 0.9],
  ] as const)
    for (const final of ['zero', 'min'] as const)
      await expectStates(eulerAncestral({ spacing, eta, sNoise, final }), process, ancestral(eta, sNoise), {
        final,
      });
});

test.each([vp, ve])('on $kind it is ddim with the same eta: ddpm with 1, euler with 0', async (process) => {
  const components = [
    { weight: 0.6, mean: [1, 0.5], std: [0.4, 0.3] },
    { weight: 0.4, mean: [-1, -0.5], std: [0.2, 0.5] },
  ];
  const source = mixture({ components, process });
  const run = async (sampler: ReturnType<typeof euler>) =>
    (await sample(source, { sampler, steps: 9, count: 10, seed: 4, float64: true }).result).samples;
  const clip = false;
  for (const [a, b] of [
    [eulerAncestral({ spacing, eta: 0.7 }), ddim({ spacing, eta: 0.7, clip })],
    [eulerAncestral({ spacing }), ddpm({ spacing, clip })],
    [eulerAncestral({ spacing, eta: 0 }), euler({ spacing })],
  ] as const) {
    const [found, expected] = [await run(a), await run(b)];
    found.forEach((value, i) => expect(Math.abs(value - expected[i]!)).toBeLessThan(1e-10));
  }
});

test.each([vp, ve])(
  'draws from a mixture on $kind, within 4 standard errors (seed 21)',
  { tags: ['long'] },
  async (process) => {
    await expectMixture(eulerAncestral({ spacing }), process, { steps: 100, seed: 21, bias: 0.07 });
  },
);

test('options out of range', () => {
  expect(() => eulerAncestral({ eta: -1 })).toThrow(new RangeError('eta is -1; expected a number >= 0.'));
  expect(() => eulerAncestral({ sNoise: Infinity })).toThrow('sNoise is Infinity; expected a number >= 0.');
});
