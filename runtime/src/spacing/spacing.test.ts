import { describe, expect, test } from 'vitest';
import type { Process } from '../card/model-card.js';
import { continuousLevels } from '../process/level-at.js';
import { noiseRatio } from '../process/noise-ratio.js';
import { processLevels } from '../process/process-levels.js';
import { atLevels, atSigmas } from './at-levels.js';
import { defaultSpacing } from './default-spacing.js';
import { exponential } from './exponential.js';
import { karras } from './karras.js';
import { leading } from './leading.js';
import { linspace } from './linspace.js';
import { roundHalfEven } from './round-half-even.js';
import type { Spacing } from './spacing.js';
import { trailing } from './trailing.js';

const vp: Process = { kind: 'vp', schedule: { name: 'linear', betaStart: 1e-4, betaEnd: 2e-2, T: 1000 } };
const ve: Process = { kind: 've', schedule: { name: 'geometric', sigmaMax: 80, sigmaMin: 0.002, L: 18 } };
const ts = (spacing: Spacing, steps?: number, process: Process = vp) =>
  spacing(process, steps).map(({ level }) => level);
const ratios = (spacing: Spacing, steps?: number, process: Process = ve) =>
  spacing(process, steps).map(noiseRatio);

// The numbers of diffusers' DDPMScheduler.set_timesteps, whose t begins at 0, plus 1.
test.each<[string, Spacing, number, number[]]>([
  ['linspace', linspace(), 5, [1000, 750, 501, 251, 1]],
  ['leading', leading(), 5, [801, 601, 401, 201, 1]],
  ['leading, offset 1', leading({ offset: 1 }), 5, [802, 602, 402, 202, 2]],
  ['leading, 7', leading(), 7, [853, 711, 569, 427, 285, 143, 1]],
  ['trailing', trailing(), 5, [1000, 800, 600, 400, 200]],
  ['trailing, 7', trailing(), 7, [1000, 857, 714, 571, 429, 286, 143]],
  ['trailing, 1', trailing(), 1, [1000]],
])('%s', (name, spacing, steps, expected) => {
  expect(ts(spacing, steps)).toEqual(expected);
  if (!name.includes('offset')) expect(ts(spacing)).toEqual(Array.from({ length: 1000 }, (_, i) => 1000 - i));
});

test('halves are rounded as numpy does', () => {
  expect([0.5, 1.5, 2.5, 2.4, 2.6, -0.5].map(roundHalfEven)).toEqual([0, 2, 2, 2, 3, -0]);
});

test("EDM's levels: 18 between 80 and 0.002 with rho 7", () => {
  const found = ratios(karras(), 18);
  // Karras et al. 2022, equation 5, by hand at i = 0, 1 and 17.
  const [a, b] = [80 ** (1 / 7), 0.002 ** (1 / 7)];
  expect(found[0]).toBe(80);
  expect(found[1]).toBeCloseTo((a + (b - a) / 17) ** 7, 10);
  expect(found.at(-1)).toBeCloseTo(0.002, 12);
  expect(ratios(karras({ rho: 1 }), 3)).toEqual([80, expect.closeTo(40.001, 10), expect.closeTo(0.002, 12)]);
  expect(ratios(karras({ sigmaMin: 0.1, sigmaMax: 10 }), 2)).toEqual([10, 0.1]);
});

test('exponential levels fall by one factor; rho bends them', () => {
  const found = ratios(exponential({ sigmaMin: 0.01, sigmaMax: 1 }), 5);
  found.forEach((sigma, i) => expect(sigma).toBeCloseTo(10 ** (-i / 2), 12));
  const bent = ratios(exponential({ sigmaMin: 0.01, sigmaMax: 1, rho: 2 }), 5);
  bent.forEach((sigma, i) => expect(sigma).toBeCloseTo(10 ** (2 * (1 - i / 4) ** 2 - 2), 12));
  // A ve model's own levels are these, so that as many steps take each.
  const own = processLevels(ve).map(({ level }) => level);
  ts(defaultSpacing, 18, ve).forEach((sigma, i) => expect(sigma / own[i]!).toBeCloseTo(1, 12));
  expect(ts(defaultSpacing, 5)).toEqual(ts(trailing(), 5));
});

describe('between its own levels a vp model', () => {
  const levels = continuousLevels(vp);
  const own = processLevels(vp);

  test('is told its own t at its own noise', () => {
    for (const level of own) {
      const { level: t, scale, sigma } = levels.at(noiseRatio(level));
      expect(t).toBeCloseTo(level.level, 8);
      expect(scale).toBeCloseTo(level.scale, 12);
      expect(sigma).toBeCloseTo(level.sigma, 12);
    }
  });

  test('is told a t that is linear in log sigma / scale, with exact scale and sigma', () => {
    const [a, b] = [own[500]!, own[501]!];
    const ratio = noiseRatio(a) ** 0.3 * noiseRatio(b) ** 0.7;
    const { level, scale, sigma } = levels.at(ratio);
    expect(level).toBeCloseTo(0.3 * a.level + 0.7 * b.level, 8);
    expect(scale ** 2 + sigma ** 2).toBeCloseTo(1, 14);
    expect(sigma / scale).toBeCloseTo(ratio, 14);
  });

  test('does not know more or less noise than it was trained on', () => {
    expect(() => levels.at(levels.max * 1.01)).toThrow(/^sigma \/ scale is .*; the model knows noise from/);
    expect(() => levels.at(levels.min / 1.01)).toThrow(RangeError);
    expect(() => karras({ sigmaMax: 1e6 })(vp, 4)).toThrow(RangeError);
  });
});

test('lists of levels and of noise are taken as they are', () => {
  expect(ts(atLevels([900, 40, 1]))).toEqual([900, 40, 1]);
  expect(ts(atLevels([3, 0.5]), undefined, ve)).toEqual([3, 0.5]);
  expect(ratios(atSigmas([3, 0.5]))).toEqual([3, 0.5]);
  expect(ratios(atSigmas([3, 0.5, 0]))).toEqual([3, 0.5]);
  const own = processLevels(vp);
  expect(atSigmas([noiseRatio(own[3]!)])(vp)[0]).toEqual(own[3]);
});

test.each<[string, () => unknown]>([
  ['steps is 1001', () => linspace()(vp, 1001)],
  ['steps is 1001', () => trailing()(vp, 1001)],
  ['steps is 0; expected a positive integer', () => trailing()(vp, 0)],
  ['5 steps with an offset of 200 do not fit', () => leading({ offset: 200 })(vp, 5)],
  ['offset is -1', () => leading({ offset: -1 })],
  ['rho is 0', () => karras({ rho: 0 })],
  ['rho is -1', () => exponential({ rho: -1 })],
  ['The noise goes from 1 to 2', () => karras({ sigmaMin: 2, sigmaMax: 1 })(ve, 3)],
  ['levels are none', () => atLevels([])],
  ['levels are 1, 2; expected positive numbers that fall', () => atLevels([1, 2])],
  ['There is no t = 1.5', () => atLevels([1.5])(vp)],
  ['There is no t = 1001', () => atLevels([1001])(vp)],
  ['steps is 3 and the list has 2 levels', () => atSigmas([2, 1])(ve, 3)],
])('%s', (sentence, run) => {
  expect(run).toThrow(RangeError);
  expect(run).toThrow(sentence);
});
