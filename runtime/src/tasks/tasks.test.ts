import { expect, test } from 'vitest';
import type { Process } from '../card/model-card.js';
import { normals } from '../noise/normal.js';
import { slerp } from '../noise/slerp.js';
import { processLevels } from '../process/process-levels.js';
import { annealedLangevin } from '../samplers/annealed-langevin.js';
import { ddim } from '../samplers/ddim.js';
import { ddpm } from '../samplers/ddpm.js';
import { euler } from '../samplers/euler.js';
import { sample } from '../sampling/sample.js';
import { linspace } from '../spacing/linspace.js';
import { mixture } from '../testing/mixture.js';
import { ddimInversion } from './ddim-inversion.js';
import { inpaint } from './inpaint.js';
import { sdEdit } from './sd-edit.js';

const vp: Process = { kind: 'vp', schedule: { name: 'linear', betaStart: 1e-4, betaEnd: 2e-2, T: 1000 } };
const ve: Process = { kind: 've', schedule: { name: 'geometric', sigmaMax: 20, sigmaMin: 0.01, L: 400 } };
const average = (values: ArrayLike<number>) => Array.from(values).reduce((a, b) => a + b, 0) / values.length;

test.each([vp, ve])(
  'sdEdit on $kind: the law that the flow gives noisy data of the level it starts at',
  async (process) => {
    const [m, s, N] = [1.5, 0.5, 20_000];
    const source = mixture({ components: [{ weight: 1, mean: [m], std: [s] }], process });
    const [x0, strength] = [Float32Array.of(-0.5), 0.4];
    const whole = linspace();
    const sampler = sdEdit(euler({ spacing: whole }), { x0, strength });
    const steps = process.kind === 'vp' ? 500 : 400;
    const plan = sampler.plan(process, steps);
    expect(plan.levels).toEqual(whole(process, steps).slice(0.6 * steps));
    const { samples } = await sample(source, { sampler, steps, count: N, seed: 5, batch: N }).result;
    // x_t ~ N(scale x0, sigma^2), and the flow takes x_t - scale m to s / sqrt(scale^2 s^2 + sigma^2) of it.
    const { scale, sigma } = plan.levels[0]!;
    const slope = s / Math.sqrt((scale * s) ** 2 + sigma ** 2);
    const [mean, std] = [m + slope * scale * (x0[0]! - m), slope * sigma];
    const found = average(samples);
    // Euler's own bias at these steps is below a hundredth of the spread.
    expect(Math.abs(found - mean), `${found}, expected ${mean}`).toBeLessThan(
      (4 / Math.sqrt(N) + 0.01) * std,
    );
    const variance = average(samples.map((x) => (x - found) ** 2));
    expect(Math.abs(variance / std ** 2 - 1)).toBeLessThan(4 * Math.sqrt(2 / N) + 0.02);
  },
);

test('sdEdit takes one picture for all or one for each, whatever the batch, and keeps more of it the less its strength', async () => {
  const source = mixture({ components: [{ weight: 1, mean: [0, 0], std: [1, 1] }], process: vp });
  const x0 = Float32Array.of(3, -3, 2, -2, 1, -1);
  const run = async (x0: Float32Array, strength: number, batch: number) =>
    (
      await sample(source, {
        sampler: sdEdit(ddim({ clip: false }), { x0, strength }),
        steps: 20,
        count: 3,
        batch,
        seed: 1,
      }).result
    ).samples;
  expect(await run(x0, 0.5, 1)).toEqual(await run(x0, 0.5, 3));
  const [same, each] = [await run(x0.subarray(0, 2), 0.5, 2), await run(x0, 0.5, 2)];
  expect(same.subarray(0, 2)).toEqual(each.subarray(0, 2));
  expect(same.subarray(2)).not.toEqual(each.subarray(2));
  const moved = async (strength: number) =>
    average((await run(x0, strength, 3)).map((x, i) => (x - x0[i]!) ** 2));
  expect(await moved(0.05)).toBeLessThan(await moved(0.3));
  expect(await moved(0.3)).toBeLessThan(await moved(1));
  await expect(run(new Float32Array(4), 0.5, 3)).rejects.toThrow(
    'The sampler was given 4 numbers; expected 2, one sample, or 6, one for each of 3.',
  );
  expect(() => sdEdit(ddim(), { x0, strength: 0 })).toThrow(
    'strength is 0; expected a number above 0 and at most 1.',
  );
  expect(() => sdEdit(annealedLangevin(), { x0, strength: 0.5 }).plan(ve)).toThrow(
    'annealed-langevin does not take one step at each level',
  );
});

// Two parts along the diagonal: one coordinate tells the other.
const diagonal = [
  { weight: 0.5, mean: [1, 1], std: [0.3, 0.3] },
  { weight: 0.5, mean: [-1, -1], std: [0.3, 0.3] },
];

test(
  'inpaint: what is known comes back, and what is filled in agrees with it the more often the more it is resampled',
  { tags: ['long'] },
  async () => {
    const source = mixture({ components: diagonal, process: vp });
    const N = 400;
    const agreeing = async (value: number, resamplings: number) => {
      const sampler = inpaint(ddpm({ clip: false }), {
        known: Float32Array.of(value, NaN),
        mask: Float32Array.of(1, 0),
        resamplings,
      });
      const { samples, steps } = await sample(source, { sampler, steps: 50, count: N, seed: 2, batch: N })
        .result;
      expect(steps).toBe(50 * resamplings);
      const [first, second] = [0, 1].map((d) => samples.filter((_, i) => i % 2 === d));
      expect(new Set(first)).toEqual(new Set([Math.fround(value)]));
      return average(second!.map((x) => (x * value > 0 ? 1 : 0)));
    };
    for (const value of [1, -1]) {
      const [once, often] = [await agreeing(value, 1), await agreeing(value, 10)];
      // By Bayes all but 1e-9 agree; left to itself, half would.
      expect(often, `${once}`).toBeGreaterThan(0.98);
      expect(once).toBeGreaterThan(0.6);
      expect(often).toBeGreaterThanOrEqual(once);
    }
  },
);

test('inpaint puts back what is known with the noise of the level reached, and goes back by the forward process', async () => {
  const source = mixture({ components: diagonal, process: vp });
  const asked: Float64Array[] = [];
  const spied: typeof source = {
    ...source,
    predictFloat64: (x, level) => (asked.push(x.slice()), source.predictFloat64(x, level)),
  };
  const options = { known: Float32Array.of(0.7, 0), mask: Float32Array.of(1, 0), resamplings: 2 };
  const sampler = inpaint(ddpm({ clip: false }), options);
  const { levels } = sampler.plan(vp, 3);
  const z = 0.3;
  const run = sample(spied, {
    ...{ sampler, steps: 3, count: 1, seed: 0, float64: true },
    noise: (_, shape) => new Array<number>(shape.reduce((a, b) => a * b)).fill(z),
  });
  const goneBackTo: Float64Array[] = [];
  let i = 0;
  for await (const { x } of run) {
    const [from, to] = [levels[i >> 1]!, levels[(i >> 1) + 1] ?? { scale: 1, sigma: 0 }];
    expect(x[0], `step ${i}`).toBeCloseTo(to.scale * Math.fround(0.7) + to.sigma * z, 9);
    if (i % 2 === 0) {
      const state = x.slice();
      // The forward process from `to` to `from`: its factor, and what is missing to the variance of `from`.
      const factor = from.scale / to.scale;
      const std = Math.sqrt(from.sigma ** 2 - (factor * to.sigma) ** 2);
      const expected = state.map((value) => factor * value + std * z);
      goneBackTo.push(expected);
    }
    i++;
  }
  expect(asked).toHaveLength(6);
  goneBackTo.forEach((expected, k) =>
    expected.forEach((value, d) => expect(asked[2 * k + 1]![d], `step ${k}`).toBeCloseTo(value, 9)),
  );
});

test('inpaint with nothing known is the sampler itself, and refuses masks that are none', async () => {
  const source = mixture({ components: diagonal, process: vp });
  const options = { steps: 10, count: 5, batch: 2, seed: 3, float64: true } as const;
  const known = new Float32Array(2);
  const sampler = inpaint(ddim({ clip: false }), { known, mask: known });
  const plain = await sample(source, { sampler: ddim({ clip: false }), ...options }).result;
  expect((await sample(source, { sampler, ...options }).result).samples).toEqual(plain.samples);
  expect(() => inpaint(ddpm(), { known, mask: Float32Array.of(0.5, 1) })).toThrow(
    'mask has values other than 0 and 1.',
  );
  expect(() => inpaint(ddpm(), { known, mask: Float32Array.of(1) })).toThrow(
    'mask has 1 numbers; expected 2',
  );
  expect(() => inpaint(ddpm(), { known, mask: known, resamplings: 0 })).toThrow('resamplings is 0');
});

test.each([vp, ve])('ddim there and back on $kind: the error halves as the steps double', async (process) => {
  const source = mixture({ components: diagonal, process });
  const x0 = Float64Array.of(0.8, 1.3, -1.2, -0.7);
  const spacing = linspace();
  const off = async (steps: number) => {
    const options = { steps, count: 2, seed: 1, float64: true } as const;
    const { samples: noise } = await sample(source, { sampler: ddimInversion({ x0, spacing }), ...options })
      .result;
    const back = ddim({ clip: false, spacing });
    const { samples } = await sample(source, { sampler: back, ...options, initial: noise }).result;
    return Math.max(...samples.map((x, i) => Math.abs(x - x0[i]!)));
  };
  const [coarse, fine] = [await off(100), await off(200)];
  expect(fine).toBeLessThan(0.1);
  expect(coarse / fine).toBeGreaterThan(1.6);
  // The noise that it ends in is that of the noisiest level.
  const levels = ddimInversion({ x0, spacing }).plan(process, 100).levels;
  expect(levels.at(-1)).toEqual(processLevels(process)[0]);
});

test('slerp keeps the length of noise, from a to b, sample by sample', () => {
  const [a, b] = [1, 2].map((sample) => normals(new Float32Array(2 * 1000), { seed: 7, sample })) as [
    Float32Array,
    Float32Array,
  ];
  const length = (x: Float32Array) => Math.hypot(...x);
  for (const t of [0, 0.25, 0.5, 1]) {
    const between = slerp(a, b, t, 2);
    for (const i of [0, 1000]) {
      const [u, v, w] = [a, b, between].map((x) => length(x.subarray(i, i + 1000))) as [
        number,
        number,
        number,
      ];
      expect(w).toBeGreaterThan(Math.min(u, v) * 0.99);
      expect(w).toBeLessThan(Math.max(u, v) * 1.01);
    }
  }
  expect(slerp(a, b, 0, 2).every((x, i) => Math.abs(x - a[i]!) < 1e-6)).toBe(true);
  expect(slerp(a, b, 1, 2).every((x, i) => Math.abs(x - b[i]!) < 1e-6)).toBe(true);
  // A quarter circle by hand, and a line that has no arc.
  const [x, y] = slerp(Float32Array.of(1, 0), Float32Array.of(0, 1), 1 / 3);
  expect([x, y]).toEqual([Math.cos(Math.PI / 6), Math.sin(Math.PI / 6)].map((v) => expect.closeTo(v, 6)));
  expect([...slerp(Float32Array.of(1, 2), Float32Array.of(1, 2), 0.3)]).toEqual([1, 2]);
  expect(() => slerp(a, b.subarray(1), 0.5)).toThrow('The two draws have 2000 and 1999 numbers');
  expect(() => slerp(a, b, 0.5, 3)).toThrow('2000 numbers are not 3 samples.');
});
