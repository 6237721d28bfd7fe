import { expect } from 'vitest';
import type { Process } from '../card/model-card.js';
import { CLEAN } from '../process/level.js';
import { noiseRatio } from '../process/noise-ratio.js';
import { processLevels } from '../process/process-levels.js';
import type { Sampler } from '../samplers/sampler.js';
import { sample } from '../sampling/sample.js';
import { mixture } from './mixture.js';
import { components } from './two-parts.js';

/** Two samples in two dimensions. */
export type State = readonly number[];

/** What an algorithm in k-diffusion's variables, x / scale and sigma / scale, works with. */
export interface Setting {
  /** Falling; the last one is where the last step ends. */
  readonly sigmas: readonly number[];
  /** The least and the most noise that the model knows. */
  readonly min: number;
  readonly max: number;
  /** E[x_0 | x] of the mixture at this much noise. */
  denoise(x: State, sigma: number): State;
  /** The next draw of standard normals. */
  noise(): State;
}

/** Yields x after each step. */
export type Algorithm = (setting: Setting, x: State) => Generator<State, void>;

/**
 * Holds a sampler, step by step and in float64, against an algorithm in units of the data, on a mixture of two parts: the
 * states within 1e-9 (of 1, or of the number itself where that is larger), and as many network calls and draws of noise.
 */
export async function expectStates(
  sampler: Sampler,
  process: Process,
  algorithm: Algorithm,
  { steps = 8, final = 'zero' }: { steps?: number; final?: 'zero' | 'min' } = {},
): Promise<void> {
  const found = { calls: 0, draws: 0 };
  const expected = { calls: 0, draws: 0 };
  const { predictFloat64, ...rest } = mixture({ components, process });
  const own = processLevels(process);
  const ends = [...sampler.plan(process, steps).levels, final === 'min' ? own.at(-1)! : CLEAN];
  const sigmas = ends.map(noiseRatio);
  const start = [0.3, -2, 1.5, 0.8].map((x) => x * sigmas[0]!);
  const states = algorithm(
    {
      ...{ sigmas, min: noiseRatio(own.at(-1)!), max: noiseRatio(own[0]!) },
      denoise: (x, sigma) => (expected.calls++, denoise(x, sigma)),
      noise: () => noise(expected.draws++),
    },
    start,
  );
  const run = sample(
    { ...rest, predictFloat64: (x, level) => (found.calls++, predictFloat64(x, level)) },
    {
      ...{ sampler, steps, count: 2, seed: 0, float64: true },
      noise: (draw) => (found.draws++, noise(draw)),
      initial: Float64Array.from(start, (x) => x * ends[0]!.scale),
    },
  );
  for await (const { x, step } of run) {
    const { scale } = ends[step]!;
    (states.next().value as State).forEach((value, i) => {
      const off = Math.abs(x[i]! / scale - value) / Math.max(1, Math.abs(value));
      expect(off, `${process.kind}, step ${step}: ${x[i]! / scale} for ${value}`).toBeLessThan(1e-9);
    });
  }
  expect(found, process.kind).toEqual(expected);
}

/** Some numbers of the size of standard normals, others for each draw. */
const noise = (draw: number): State => [0, 1, 2, 3].map((i) => 1.4 * Math.sin(12.9 * draw + 78.2 * i + 1));

/** The mean of each part's posterior, weighed by the part's density at x. */
function denoise(x: State, sigma: number): State {
  return [x.slice(0, 2), x.slice(2)].flatMap((row) => {
    const variances = components.map(({ std }) => std.map((s) => s ** 2 + sigma ** 2));
    const logs = components.map(({ weight, mean }, c) =>
      mean.reduce((log, m, d) => {
        const variance = variances[c]![d]!;
        return log - (row[d]! - m) ** 2 / (2 * variance) - Math.log(variance) / 2;
      }, Math.log(weight)),
    );
    const densities = logs.map((log) => Math.exp(log - Math.max(...logs)));
    const total = densities.reduce((a, b) => a + b);
    return row.map((value, d) =>
      components.reduce((sum, { mean, std }, c) => {
        const part = mean[d]! + (std[d]! ** 2 / variances[c]![d]!) * (value - mean[d]!);
        return sum + (densities[c]! / total) * part;
      }, 0),
    );
  });
}
