import type { Process } from '../card/model-card.js';
import type { Sampler } from '../samplers/sampler.js';
import { sample } from '../sampling/sample.js';
import { exponential } from '../spacing/exponential.js';
import { mixture } from './mixture.js';

const process: Process = { kind: 've', schedule: { name: 'geometric', sigmaMax: 10, sigmaMin: 0.1, L: 10 } };

/**
 * The order at which a deterministic sampler converges on a Gaussian N(m, s^2), whose probability-flow ODE has a closed
 * form: x(sigma) - m grows as sqrt(s^2 + sigma^2). The state is kept in float64; the steps are even in log sigma from 10
 * to 0.1, where it ends.
 *
 * @param make the sampler with `spacing` and `final` as given
 * @returns the slope of log error against log steps over the last of the doublings
 */
export async function orderOf(
  make: (options: { spacing: ReturnType<typeof exponential>; final: 'min' }) => Sampler,
  steps: readonly number[] = [20, 40, 80, 160],
): Promise<{ slope: number; errors: number[] }> {
  const [m, s] = [0.7, 1.3];
  const source = mixture({ components: [{ weight: 1, mean: [m], std: [s] }], process });
  const start = 4;
  const exact = m + (start - m) * Math.sqrt((s * s + 0.1 ** 2) / (s * s + 10 ** 2));
  const errors: number[] = [];
  for (const n of steps) {
    // The last level is where the last step ends, not where one begins.
    const spacing: ReturnType<typeof exponential> = (process, n = 1) =>
      exponential()(process, n + 1).slice(0, -1);
    const { samples } = await sample(source, {
      sampler: make({ spacing, final: 'min' }),
      ...{ steps: n, count: 1, seed: 1, float64: true, initial: Float64Array.of(start) },
    }).result;
    errors.push(Math.abs(samples[0]! - exact));
  }
  const [before, last] = errors.slice(-2) as [number, number];
  const [nBefore, nLast] = steps.slice(-2) as [number, number];
  return { slope: Math.log(before / last) / Math.log(nLast / nBefore), errors };
}
