import type { Marginal } from '../process/level.js';
import type { Sampler } from '../samplers/sampler.js';
import type { NoiseSource } from '../sampling/noise-source.js';
import { sample } from '../sampling/sample.js';
import type { mixture } from './mixture.js';

type Source = ReturnType<typeof mixture>;

export interface StatesOptions {
  readonly steps: number;
  /** Rows of [count, ...shape]; where the run begins. */
  readonly initial: Float64Array;
  readonly noise?: NoiseSource;
}

/** The state after each step of a run in float64. */
export async function statesOf(
  sampler: Sampler,
  source: Source,
  { steps, initial, noise }: StatesOptions,
): Promise<Float64Array[]> {
  const count = initial.length / source.card.shape.reduce((a, b) => a * b, 1);
  const options = { sampler, steps, count, batch: count, seed: 0, float64: true, initial } as const;
  const states: Float64Array[] = [];
  for await (const { x } of sample(source, { ...options, ...(noise && { noise }) })) states.push(x.slice());
  return states;
}

/** E[x_0 | x] of a source that predicts the score, by Tweedie's formula. */
export async function dataAt(
  source: Source,
  x: Float64Array,
  { level, scale, sigma }: Marginal & { level: number },
): Promise<Float64Array> {
  const score = await source.predictFloat64(x, level);
  return x.map((value, i) => (value + sigma ** 2 * score[i]!) / scale);
}

/** A source that counts its network calls. */
export function counting(source: Source): { source: Source; calls: () => number } {
  let calls = 0;
  const predictFloat64: Source['predictFloat64'] = (...args) => {
    calls++;
    return source.predictFloat64(...args);
  };
  return { source: { ...source, predictFloat64 }, calls: () => calls };
}
