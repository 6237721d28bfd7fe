import { expect, test } from 'vitest';
import type { VpProcess } from '../card/model-card.js';
import { sample } from '../sampling/sample.js';
import { ncsnV2StepSize } from '../schedules/ncsn-v2-step-size.js';
import { mixture } from '../testing/mixture.js';
import { heavyMass, process, source } from '../testing/two-modes.js';
import { annealedLangevin } from './annealed-langevin.js';
import { fromNcsnStep, langevinStep } from './langevin-step.js';
import { langevin } from './langevin.js';
import type { Chain, Sampler } from './sampler.js';

test(
  'it weighs separated modes: mass 0.786 +- 0.010 in the heavy one (seeds 0 to 19)',
  { tags: ['long'] },
  async () => {
    const mass = await heavyMass(annealedLangevin({ T: 100, eps: 0.1, denoise: false }));
    expect(Math.abs(mass - 0.786)).toBeLessThan(0.01);
  },
);

/** What each step asks for and does, with a score of 1 everywhere and the noise taken out. */
async function trace(sampler: Sampler, plan = sampler.plan(process)) {
  const x = new Float32Array(1);
  const asked: [string, number][] = [];
  const moves: number[] = [];
  const chain: Chain = {
    card: source.card,
    x,
    estimate: async (kind, { level }) => (asked.push([kind, level]), new Float32Array([1])),
    estimateAt: () => Promise.reject(new Error('not asked for')),
    evaluate: () => Promise.reject(new Error('not asked for')),
    normals: () => new Float32Array(1),
    learnedNormals: () => {
      throw new Error('not asked for');
    },
    clip: (x0) => x0,
    rows: (values) => values,
    uniforms: () => new Float32Array(1),
  };
  let before = 0;
  for await (const step of sampler.run(chain, plan)) {
    expect(step.level).toBe(asked.at(-1)![1]);
    moves.push(x[0]! - before);
    before = x[0]!;
  }
  return { asked, moves, plan };
}

test('the levels run from the largest sigma to the smallest, and alpha_i = eps sigma_i^2 / sigma_L^2', async () => {
  const { asked, moves, plan } = await trace(annealedLangevin({ T: 3, eps: 0.1, denoise: true }));
  expect(plan.steps).toBe(31);
  expect(moves).toHaveLength(31);
  expect(asked[0]).toEqual(['score', 20]);
  expect(asked[29]).toEqual(['score', 1]);
  expect(asked[30]).toEqual(['denoiser', 1]);
  for (let i = 0; i < 30; i++) {
    const sigma = 20 ** (1 - Math.floor(i / 3) / 9);
    expect(asked[i]![1]).toBeCloseTo(sigma, 10);
    expect(moves[i]! / ((0.1 / 2) * sigma ** 2)).toBeCloseTo(1, 3);
  }
});

test("eps: 'auto' is the step size of NCSNv2 for the levels and T, in a vp process in units of the data", async () => {
  const auto = await trace(annealedLangevin({ T: 3, eps: 'auto' }));
  const eps = ncsnV2StepSize({ sigmas: Array.from({ length: 10 }, (_, i) => 20 ** (1 - i / 9)), T: 3 });
  expect(auto.moves).toEqual((await trace(annealedLangevin({ T: 3, eps }))).moves);

  const vp: VpProcess = { kind: 'vp', schedule: { name: 'linear', betaStart: 1e-4, betaEnd: 2e-2, T: 1000 } };
  const sampler = annealedLangevin({ T: 3, eps: 'auto', L: 8 });
  const { moves, plan } = await trace(sampler, sampler.plan(vp));
  const sigmas = plan.levels.map(({ sigma, scale }) => sigma / scale);
  // The first move, of a score of 1 and in units of the data: the score is then scale.
  const [first, last] = [plan.levels[0]!, plan.levels.at(-1)!];
  const moved = moves[0]! / first.scale;
  const expected = (ncsnV2StepSize({ sigmas, T: 3 }) / 2) * (first.sigma / last.sigma) ** 2;
  expect((moved * first.scale) / (expected * last.scale ** 2)).toBeCloseTo(1, 3);
});

test("fromNcsnStep: the authors' x + step s + sqrt(2 step) z is this project's x + eps / 2 s + sqrt(eps) z", async () => {
  const step = 3e-3;
  const x = Float32Array.of(0.5);
  langevinStep(x, Float32Array.of(-2), Float32Array.of(1.5), fromNcsnStep(step));
  expect(x[0]).toBeCloseTo(0.5 + step * -2 + Math.sqrt(2 * step) * 1.5, 6);
});

test(
  'a vp process is annealed too: the law of the chain on a Gaussian, step by step (seed 4)',
  { tags: ['long'] },
  async () => {
    const [m, std, n, T, eps] = [2, 0.5, 20_000, 20, 1e-5];
    const vp: VpProcess = {
      kind: 'vp',
      schedule: { name: 'linear', betaStart: 1e-4, betaEnd: 2e-2, T: 1000 },
    };
    const model = mixture({
      components: [{ weight: 1, mean: [m], std: [std] }],
      process: vp,
      valueRange: [-3, 3],
    });
    const sampler = annealedLangevin({ T, eps, L: 8 });
    const { samples } = await sample(model, { sampler, count: n, seed: 4, batch: n }).result;

    // x' = (1 - alpha / (2 v)) x + alpha a m / (2 v) + sqrt(alpha) z with v = a^2 std^2 + sigma^2, from U[-3, 3].
    const { levels } = sampler.plan(vp);
    expect([levels.length, levels[0]!.level, levels.at(-1)!.level]).toEqual([8, 1000, 1]);
    let mean = 0;
    let variance = 6 ** 2 / 12;
    let before = levels[0]!.scale;
    for (const { scale: a, sigma } of levels) {
      mean *= a / before;
      variance *= (a / before) ** 2;
      before = a;
      const alpha = (eps * sigma ** 2) / levels.at(-1)!.sigma ** 2;
      const pull = alpha / (2 * (a * a * std * std + sigma ** 2));
      for (let t = 0; t < T; t++) {
        mean += pull * (a * m - mean);
        variance = (1 - pull) ** 2 * variance + alpha;
      }
    }
    const { scale: a, sigma } = levels.at(-1)!;
    const gain = (a * std ** 2) / (a * a * std ** 2 + sigma ** 2);
    mean = m + gain * (mean - a * m);
    variance *= gain ** 2;

    const found = samples.reduce((sum, x) => sum + x, 0) / n;
    const spread = samples.reduce((sum, x) => sum + (x - found) ** 2, 0) / n;
    expect(Math.abs(found - mean)).toBeLessThan(4 * Math.sqrt(variance / n));
    expect(Math.abs(spread / variance - 1)).toBeLessThan(4 * Math.sqrt(2 / n));
  },
);

test('bad options are refused by name', () => {
  expect(() => annealedLangevin({ T: 0 })).toThrow('T is 0; expected a positive integer.');
  expect(() => annealedLangevin({ eps: -1 })).toThrow('eps is -1; expected a positive number.');
  expect(() => annealedLangevin().plan(process, 50)).toThrow(
    /steps is 50; .* here 1001, so leave steps out and set T/,
  );
  expect(() => annealedLangevin({ L: 11 }).plan(process)).toThrow('L is 11; the model');
  expect(() => langevin({ level: 3 }).plan(process)).toThrow(
    /level 3 is not one of the model's 10, from 20 to 1/,
  );
  expect(() => langevin().plan(process, 0)).toThrow('steps is 0; expected a positive integer.');
});
