import { expect, test } from 'vitest';
import type { Process } from '../card/model-card.js';
import type { ScoreSource } from '../model/score-model.js';
import { dormandPrince5 } from '../ode/dormand-prince-5.js';
import { dormandPrince8 } from '../ode/dormand-prince-8.js';
import { noiseRatio } from '../process/noise-ratio.js';
import { processLevels } from '../process/process-levels.js';
import { sample, type SampleOptions } from '../sampling/sample.js';
import { mixture } from '../testing/mixture.js';
import { probabilityFlow, type ProbabilityFlowOptions } from './probability-flow.js';

const vp: Process = { kind: 'vp', schedule: { name: 'linear', betaStart: 1e-4, betaEnd: 2e-2, T: 1000 } };
const ve: Process = { kind: 've', schedule: { name: 'geometric', sigmaMax: 20, sigmaMin: 0.02, L: 10 } };
const components = [
  { weight: 0.6, mean: [1, 0.5], std: [0.4, 0.3] },
  { weight: 0.4, mean: [-1, -0.5], std: [0.2, 0.5] },
];
const methods = { dormandPrince5, dormandPrince8 };
const cases = [vp, ve].flatMap((process) =>
  Object.entries(methods).map(([name, method]) => ({ kind: process.kind, process, name, method })),
);

/** x / scale of N(m, s^2) at the end of the ODE that begins at u with noise of a ratio `from`. */
const closedForm = (u: number, m: number, s: number, from: number, to: number) =>
  m + (u - m) * Math.sqrt((s * s + to * to) / (s * s + from * from));

const ends = (process: Process) => {
  const own = processLevels(process);
  return { first: own[0]!, last: own.at(-1)! };
};

test.each(cases)(
  'on a Gaussian: the closed form, as near as the tolerance: $kind, $name',
  async ({ process, method }) => {
    const [m, s] = [0.7, 1.3];
    const source = mixture({ components: [{ weight: 1, mean: [m], std: [s] }], process });
    const { first, last } = ends(process);
    const initial = Float64Array.of(-1.7, -0.2, 0.4, 2.5).map(
      (x) => x * Math.hypot(first.scale, first.sigma),
    );
    const run = async (rtol: number, final: 'zero' | 'min') => {
      const sampler = probabilityFlow({ rtol, atol: rtol, method, final });
      return (await sample(source, { sampler, count: 4, seed: 1, float64: true, initial }).result).samples;
    };
    for (const rtol of [1e-3, 1e-5, 1e-7, 1e-10]) {
      const [atMin, atZero] = [await run(rtol, 'min'), await run(rtol, 'zero')];
      initial.forEach((x, i) => {
        const u = closedForm(x / first.scale, m, s, noiseRatio(first), noiseRatio(last));
        expect(Math.abs(atMin[i]! / last.scale - u), `rtol ${rtol}`).toBeLessThan(20 * rtol);
        // E[x_0 | x] at the cleanest level.
        const x0 = m + ((u - m) * s * s) / (s * s + noiseRatio(last) ** 2);
        expect(Math.abs(atZero[i]! - x0), `rtol ${rtol}`).toBeLessThan(20 * rtol);
      });
    }
  },
);

test.each(cases)(
  'on a mixture: small even steps in log sigma of the exact ODE: $kind, $name',
  async ({ process, method }) => {
    const source = mixture({ components, process });
    const { first, last } = ends(process);
    const initial = Float64Array.of(0.3, -1.2, 1.5, 0.8, -0.4, 0.1).map(
      (x) => x * Math.hypot(first.scale, first.sigma),
    );
    const sampler = probabilityFlow({ rtol: 1e-11, atol: 1e-11, method, final: 'min' });
    const { samples } = await sample(source, { sampler, count: 3, seed: 1, float64: true, initial }).result;
    // du / dlog r = u - x_0 in units of the data, by the classical method of order 4; x_0 from the definition.
    const slope = (u: number[], log: number) => {
      const r2 = Math.exp(2 * log);
      const posts = components.map(({ weight, mean, std }) => {
        const v = std.map((s) => s * s + r2);
        const density = v.reduce(
          (p, vi, d) => (p * Math.exp(-((u[d]! - mean[d]!) ** 2) / 2 / vi)) / Math.sqrt(vi),
          weight,
        );
        return { density, x0: v.map((vi, d) => (std[d]! ** 2 * u[d]! + r2 * mean[d]!) / vi) };
      });
      const total = posts.reduce((sum, { density }) => sum + density, 0);
      return u.map((ui, d) => ui - posts.reduce((sum, { density, x0 }) => sum + density * x0[d]!, 0) / total);
    };
    const [from, to, n] = [Math.log(noiseRatio(first)), Math.log(noiseRatio(last)), 4000];
    const h = (to - from) / n;
    for (let i = 0; i < 6; i += 2) {
      let u = [...initial.subarray(i, i + 2)].map((x) => x / first.scale);
      const moved = (k: number[], by: number) => u.map((ui, d) => ui + by * k[d]!);
      for (let step = 0; step < n; step++) {
        const t = from + step * h;
        const k1 = slope(u, t);
        const k2 = slope(moved(k1, h / 2), t + h / 2);
        const k3 = slope(moved(k2, h / 2), t + h / 2);
        const k4 = slope(moved(k3, h), t + h);
        u = u.map((ui, d) => ui + (h / 6) * (k1[d]! + 2 * k2[d]! + 2 * k3[d]! + k4[d]!));
      }
      u.forEach((ui, d) => expect(Math.abs(samples[i + d]! / last.scale - ui)).toBeLessThan(1e-8));
    }
  },
);

/** A source that notes the levels of each call. */
function counted(source: ScoreSource): ScoreSource & { calls: number[][] } {
  const calls: number[][] = [];
  const note = (x: ArrayLike<number>, level: number | ArrayLike<number>) =>
    calls.push(typeof level === 'number' ? new Array<number>(x.length / 2).fill(level) : Array.from(level));
  return {
    ...source,
    calls,
    predict: (x, level, ...rest) => (note(x, level), source.predict(x, level, ...rest)),
    predictFloat64: (x, level, label) => (note(x, level), source.predictFloat64!(x, level, label)),
  };
}

// scipy 1.17 on the same ODE over the angle: solve_ivp(f, (atan(20), atan(0.02)), [0.3, -1.2], rtol=1e-6, atol=1e-6), f being
// ((y - x0(y / cos) * sec) cos^2) / (sin cos) at the angle, with x0 of the mixture in units of the data.
test.each([
  ['RK45', dormandPrince5, 116, [-0.5278325491935097, -0.6183573493712]],
  ['DOP853', dormandPrince8, 146, [-0.5278331224431629, -0.6183582131653611]],
] as const)('the calls and the end of scipy: %s', async (_, method, evaluations, expected) => {
  const source = counted(mixture({ components, process: ve }));
  const initial = Float64Array.of(0.3, -1.2).map((y) => y * Math.hypot(1, 20));
  const sampler = probabilityFlow({ rtol: 1e-6, atol: 1e-6, method, final: 'min' });
  const { samples } = await sample(source, { sampler, count: 1, seed: 1, float64: true, initial }).result;
  expect(source.calls).toHaveLength(evaluations);
  expected.forEach((value, i) => expect(Math.abs(samples[i]! - value)).toBeLessThan(1e-10));
});

test.each([
  [vp, false],
  [ve, false],
  [vp, true],
  [ve, true],
] as const)(
  'a sample does not depend on those beside it, and a call is for those that are not done: %o, float64 %s',
  async (process, float64) => {
    const source = counted(mixture({ components, process }));
    const run = async (options: Partial<SampleOptions>) => {
      source.calls.length = 0;
      const sampler = probabilityFlow();
      const all = { sampler, count: 12, seed: 2, float64, ...options } as const;
      return (await sample(source, all as SampleOptions).result).samples;
    };
    const all = await run({});
    const together = source.calls.slice();
    expect(await run({ batch: 5 })).toEqual(all);
    expect(await run({ first: 4, count: 3 })).toEqual(all.slice(8, 14));
    expect(await run({ batch: 1 })).toEqual(all);
    // As many as the slowest sample needs, and none for a sample that is done, but for the last.
    const rows = (calls: number[][]) => calls.reduce((sum, { length }) => sum + length, 0);
    expect(rows(source.calls)).toBe(rows(together));
    const alone: number[] = [];
    for (let first = 0; first < 12; first++) {
      await run({ first, count: 1 });
      alone.push(source.calls.length);
    }
    alone.forEach((calls) => expect((calls - 3) % 6).toBe(0));
    expect(new Set(alone).size).toBeGreaterThan(1);
    expect(together).toHaveLength(Math.max(...alone));
    expect(together.at(-1)).toEqual(new Array(12).fill(together.at(-1)![0]));
    expect(together.some((levels) => new Set(levels).size > 6)).toBe(true);
  },
);

test('its steps are even parts of the way: after each, samples are at its level or beyond', async () => {
  const source = counted(mixture({ components, process: ve }));
  const run = async (options: ProbabilityFlowOptions, steps?: number) => {
    const found: { level: number; x: Float32Array; calls: number }[] = [];
    source.calls.length = 0;
    const sampler = probabilityFlow(options);
    const sampled = sample(source, { sampler, count: 5, batch: 2, seed: 3, ...(steps && { steps }) });
    for await (const { level, x } of sampled) found.push({ level, x: x.slice(), calls: source.calls.length });
    return { found, samples: (await sampled.result).samples, calls: source.calls.slice() };
  };
  const { found, samples, calls } = await run({});
  expect(found).toHaveLength(10);
  const angles = found.map(({ level }) => Math.atan(level));
  angles.forEach((angle, i) => {
    const share = (i + 1) / 10;
    expect(angle).toBeCloseTo((1 - share) * Math.atan(20) + share * Math.atan(0.02), 12);
  });
  for (const step of found)
    calls
      .slice(step.calls)
      .forEach((told) => expect(Math.max(...told)).toBeLessThan(step.level * (1 + 1e-6)));
  expect(found.at(-1)!.x).toEqual(samples);
  // How it is watched changes nothing.
  for (const steps of [1, 3, 100]) expect((await run({}, steps)).samples).toEqual(samples);
  // Without the last denoising, noise of the cleanest level is left.
  expect((await run({ final: 'min' })).samples).not.toEqual(samples);
});

test('labels and guidance: each sample its own, also when others are done', async () => {
  const classes = { count: 3, unconditional: 3 };
  const sizes: number[] = [];
  const std = 0.5;
  // N(m, std^2) with m of the label: guided by w, N((1 + w) m - w m_unlabelled, std^2).
  const m = [-2, 0.1, 3, 0.5];
  const source: ScoreSource = {
    card: { shape: [1], process: ve, parametrisation: 'eps', classes, valueRange: [-9, 9] },
    async predict(x, level, label, out = new Float32Array(x.length)) {
      sizes.push(x.length);
      x.forEach((value, i) => {
        const sigma = typeof level === 'number' ? level : level[i]!;
        out[i] = ((value - m[label![i]!]!) * sigma) / (std ** 2 + sigma ** 2);
      });
      return out;
    },
  };
  const label = [0, 1, 2, 0, 1, 2];
  const initial = Float32Array.of(9, -30, 0.2, -11, 15, 42);
  for (const guidance of [0, 1.5]) {
    sizes.length = 0;
    const sampler = probabilityFlow({ rtol: 1e-6, atol: 1e-6, final: 'min' });
    const options = { sampler, count: 6, seed: 1, batch: 4, initial, label, guidance };
    const { samples } = await sample(source, options).result;
    const per = guidance === 0 ? 1 : 2;
    expect(sizes.every((size) => size % per === 0 && size <= 4 * per)).toBe(true);
    // One is done before another.
    expect(sizes.some((size) => size === per || size === 3 * per)).toBe(true);
    samples.forEach((x, i) => {
      const mean = (1 + guidance) * m[label[i]!]! - guidance * m[3]!;
      const exact = closedForm(initial[i]!, mean, std, 20, 0.02);
      expect(Math.abs(x - exact), `sample ${i}, guidance ${guidance}`).toBeLessThan(5e-5);
    });
  }
});

test('what the network answers is checked', async () => {
  const source = mixture({ components, process: vp });
  const options = { sampler: probabilityFlow(), count: 2, seed: 1 };
  const short = { ...source, predict: async (x: Float32Array) => x.slice(1) };
  await expect(sample(short, options).result).rejects.toThrow(
    'The model returned 3 numbers for 4; expected as many.',
  );
  const broken = { ...source, predict: async (x: Float32Array) => x.map((_, i) => (i === 2 ? NaN : 0)) };
  await expect(sample(broken, options).result).rejects.toThrow(
    /^The model's prediction at level 999\.9+\d* is not finite/,
  );
  const mu = mixture({ components, process: vp, parametrisation: 'mu' });
  await expect(sample(mu, options).result).rejects.toThrow(
    new RangeError('The probability-flow ODE needs levels between those that a model of mu has.'),
  );
  await expect(
    sample(source, { ...options, sampler: probabilityFlow({ maxSteps: 3 }) }).result,
  ).rejects.toThrow('after 3 steps, the most allowed: raise maxSteps, or rtol and atol.');
});

test('options that mean nothing are refused', () => {
  for (const [options, message] of [
    [{ rtol: 0 }, 'rtol is 0; expected a number from 2.3e-14 to 1.'],
    [{ rtol: NaN }, 'rtol is NaN; expected a number from 2.3e-14 to 1.'],
    [{ atol: -1 }, 'atol is -1; expected a number >= 0.'],
    [{ maxSteps: 0 }, 'maxSteps is 0; expected a positive integer.'],
  ] as const)
    expect(() => probabilityFlow(options)).toThrow(new RangeError(message));
});
