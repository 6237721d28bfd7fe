import { expect, test } from 'vitest';
import { sample } from '../sampling/sample.js';
import { karras } from '../spacing/karras.js';
import { orderOf } from '../testing/convergence.js';
import { expectMixture } from '../testing/expect-mixture.js';
import { type Algorithm, expectStates, type State } from '../testing/in-units-of-data.js';
import { ve, vp } from '../testing/two-parts.js';
import { mixture } from '../testing/mixture.js';
import { dpmSolverPP2MSde } from './dpm-solver-2m-sde.js';
import { dpmSolverPP2SAncestral } from './dpm-solver-2s-ancestral.js';
import { dpmSolverPP3MSde } from './dpm-solver-3m-sde.js';
import { dpmSolverPPSde } from './dpm-solver-sde.js';

const spacing = karras();
const eta = 0;

test.each([
  ['2S ancestral', (o: object) => dpmSolverPP2SAncestral({ ...o, eta })],
  ['SDE', (o: object) => dpmSolverPPSde({ ...o, eta })],
  ['SDE, r = 0.8', (o: object) => dpmSolverPPSde({ ...o, eta, r: 0.8 })],
  ['2M SDE, midpoint', (o: object) => dpmSolverPP2MSde({ ...o, eta })],
  ['2M SDE, heun', (o: object) => dpmSolverPP2MSde({ ...o, eta, solverType: 'heun' })],
  // Not 3: see its docstring.
  ['3M SDE', (o: object) => dpmSolverPP3MSde({ ...o, eta })],
] as const)('%s converges at order 2 without noise', async (_, make) => {
  const { slope, errors } = await orderOf(make, [80, 160, 320, 640]);
  expect(Math.abs(slope - 2), JSON.stringify(errors)).toBeLessThan(0.15);
});

const sum = (...terms: readonly (readonly [number, State])[]): State =>
  terms[0]![1].map((_, j) => terms.reduce((total, [a, v]) => total + a * v[j]!, 0));

/** sigma_down and sigma_up, whose squares add up to that of the next sigma. */
function split(sigma: number, next: number, eta: number): { down: number; up: number } {
  const up = Math.min(next, eta * Math.sqrt((next ** 2 * (sigma ** 2 - next ** 2)) / sigma ** 2));
  return { down: Math.sqrt(next ** 2 - up ** 2), up };
}

/** DPM-Solver++'s exact step of the linear part over h with x_0-hat held, then noise. */
const hold = (x: State, sigma: number, down: number, x0: State): State => {
  const h = Math.log(sigma) - Math.log(down);
  return sum([Math.exp(-h), x], [-Math.expm1(-h), x0]);
};

const twoS = (eta: number, sNoise: number): Algorithm =>
  function* ({ sigmas, min, denoise, noise }, x) {
    for (let i = 0; i + 1 < sigmas.length; i++) {
      const [sigma, next] = [sigmas[i]!, sigmas[i + 1]!];
      const { down, up } = split(sigma, next, eta);
      const x0 = denoise(x, sigma);
      const middle = Math.max(Math.exp((Math.log(sigma) + Math.log(down)) / 2), min);
      x = down === 0 ? x0 : hold(x, sigma, down, denoise(hold(x, sigma, middle, x0), middle));
      if (up > 0) x = sum([1, x], [up * sNoise, noise()]);
      yield x;
    }
  };

/** The noise is that of a Brownian path, whose increments over the two parts of the step are drawn. */
const sde = (eta: number, sNoise: number, r: number): Algorithm =>
  function* ({ sigmas, denoise, noise }, x) {
    for (let i = 0; i + 1 < sigmas.length; i++) {
      const [sigma, next] = [sigmas[i]!, sigmas[i + 1]!];
      const x0 = denoise(x, sigma);
      if (next === 0) x = x0;
      else {
        const middle = r === 1 ? next : Math.exp((1 - r) * Math.log(sigma) + r * Math.log(next));
        const [half, whole] = [split(sigma, middle, eta), split(sigma, next, eta)];
        let y = hold(x, sigma, half.down, x0);
        let W: State = x.map(() => 0);
        if (eta > 0) {
          W = sum([Math.sqrt(sigma - middle), noise()]);
          y = sum([1, y], [(half.up * sNoise) / Math.sqrt(sigma - middle), W]);
        }
        const mixed = sum([1 - 1 / (2 * r), x0], [1 / (2 * r), denoise(y, middle)]);
        x = hold(x, sigma, whole.down, mixed);
        if (eta > 0) {
          W = sum([1, W], [Math.sqrt(Math.max(0, middle - next)), noise()]);
          x = sum([1, x], [(whole.up * sNoise) / Math.sqrt(sigma - next), W]);
        }
      }
      yield x;
    }
  };

/** int_0^h (1 + eta) e^(-(1 + eta)(h - tau)) f(tau) dtau, by Simpson's rule. */
function weighed(h: number, eta: number, f: (tau: number) => number): number {
  const n = 2000;
  let total = 0;
  for (let i = 0; i <= n; i++) {
    const tau = (i * h) / n;
    const weight = i === 0 || i === n ? 1 : i % 2 === 1 ? 4 : 2;
    total += weight * (1 + eta) * Math.exp(-(1 + eta) * (h - tau)) * f(tau);
  }
  return (total * h) / n / 3;
}

/**
 * The variation of constants with x_0-hat following a course, whose weights for the estimates (the newest first, with the
 * steps between) are given.
 */
const multistep = (
  eta: number,
  sNoise: number,
  estimates: number,
  weights: (h: number, steps: readonly number[]) => readonly number[],
): Algorithm =>
  function* ({ sigmas, denoise, noise }, x) {
    const past: State[] = [];
    for (let i = 0; i + 1 < sigmas.length; i++) {
      const [sigma, next] = [sigmas[i]!, sigmas[i + 1]!];
      past.unshift(denoise(x, sigma));
      if (next === 0) x = past[0]!;
      else {
        const n = Math.min(past.length, estimates);
        const steps = Array.from({ length: n - 1 }, (_, k) => Math.log(sigmas[i - k - 1]! / sigmas[i - k]!));
        const h = Math.log(sigma / next);
        const course = weights(h, steps).map((w, k) => [w, past[k]!] as const);
        x = sum([(next / sigma) * Math.exp(-eta * h), x], ...course);
        const std = next * Math.sqrt(1 - Math.exp(-2 * eta * h));
        if (eta > 0) x = sum([1, x], [std * sNoise, noise()]);
      }
      yield x;
    }
  };

const twoM = (eta: number, sNoise: number, solverType: 'midpoint' | 'heun') =>
  multistep(eta, sNoise, 2, (h, [h1]) => {
    const held = weighed(h, eta, () => 1);
    if (h1 === undefined) return [held];
    const line = solverType === 'heun' ? weighed(h, eta, (tau) => tau / h1) : (held * h) / 2 / h1;
    return [held + line, -line];
  });

/** The quadratic through three estimates, but with half of its tau^2. */
const threeM = (eta: number, sNoise: number) =>
  multistep(eta, sNoise, 3, (h, [h1, h2]) => {
    const held = weighed(h, eta, () => 1);
    if (h1 === undefined) return [held];
    if (h2 === undefined) {
      const line = weighed(h, eta, (tau) => tau / h1);
      return [held + line, -line];
    }
    const bend = (tau: number) => tau * h1 + tau ** 2 / 2;
    return [
      weighed(h, eta, (tau) => 1 + tau / h1 + bend(tau) / (h1 * (h1 + h2))),
      weighed(h, eta, (tau) => -tau / h1 - bend(tau) / (h1 * h2)),
      weighed(h, eta, (tau) => bend(tau) / (h2 * (h1 + h2))),
    ];
  });

const settings = [
  [0, 1],
  [0.5, 1.1],
  [1, 1],
] as const;

test.each([vp, ve])("k-diffusion's algorithms, step by step on $kind, in float64", async (process) => {
  for (const [eta, sNoise] of settings)
    for (const final of ['zero', 'min'] as const) {
      // Not down to the least noise, so that the last step ends at another level than it begins at.
      const o = { spacing: final === 'min' ? karras({ sigmaMin: 0.1 }) : spacing, eta, sNoise, final };
      const hold = (sampler: ReturnType<typeof dpmSolverPPSde>, algorithm: Algorithm) =>
        expectStates(sampler, process, algorithm, { final });
      await hold(dpmSolverPP2SAncestral(o), twoS(eta, sNoise));
      for (const r of [0.5, 0.3, 1]) await hold(dpmSolverPPSde({ ...o, r }), sde(eta, sNoise, r));
      for (const solverType of ['midpoint', 'heun'] as const)
        await hold(dpmSolverPP2MSde({ ...o, solverType }), twoM(eta, sNoise, solverType));
      await hold(dpmSolverPP3MSde(o), threeM(eta, sNoise));
    }
});

test('2S ancestral with an eta above 1 asks for the middle at no less noise than the model knows', async () => {
  for (const process of [vp, ve])
    await expectStates(dpmSolverPP2SAncestral({ spacing, eta: 1.02 }), process, twoS(1.02, 1));
});

test.each([
  dpmSolverPP2SAncestral,
  dpmSolverPPSde,
  dpmSolverPP2MSde,
  dpmSolverPP3MSde,
  () => dpmSolverPP2MSde({ spacing, final: 'min', solverType: 'heun' }),
])('a last step to the level where it begins leaves x as it is: %o', async (make) => {
  const source = mixture({ components: [{ weight: 1, mean: [1], std: [0.5] }], process: vp });
  const states: number[] = [];
  const options = {
    sampler: make({ spacing, final: 'min' }),
    steps: 6,
    count: 1,
    seed: 1,
    float64: true,
  } as const;
  for await (const { x } of sample(source, options)) states.push(x[0]!);
  expect(states[5]).toBeCloseTo(states[4]!, 12);
});

test.each([
  ['2S ancestral', dpmSolverPP2SAncestral, 31],
  ['SDE', dpmSolverPPSde, 32],
  ['2M SDE', dpmSolverPP2MSde, 33],
  ['3M SDE', dpmSolverPP3MSde, 34],
] as const)(
  '%s draws from a mixture, within 4 standard errors',
  { tags: ['long'] },
  async (_, make, seed) => {
    for (const process of [vp, ve])
      await expectMixture(make({ spacing }), process, { steps: 50, seed, bias: 0.02 });
  },
);

test('options out of range', () => {
  expect(() => dpmSolverPPSde({ r: 0 })).toThrow(
    new RangeError('r is 0; expected a number above 0 and at most 1.'),
  );
  expect(() => dpmSolverPPSde({ eta: -1 })).toThrow('eta is -1; expected a number >= 0.');
  expect(() => dpmSolverPP2SAncestral({ sNoise: -1 })).toThrow('sNoise is -1; expected a number >= 0.');
  expect(() => dpmSolverPP3MSde({ eta: NaN })).toThrow('eta is NaN; expected a number >= 0.');
  expect(() => dpmSolverPP2MSde({ solverType: 'euler' as 'heun' })).toThrow(
    "solverType is euler; expected 'midpoint' or 'heun'.",
  );
});
