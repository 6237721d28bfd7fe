import type { Process } from '../card/model-card.js';
import type { Sampler } from '../samplers/sampler.js';
import { sample } from '../sampling/sample.js';
import { exponential } from '../spacing/exponential.js';
import { alongSigma } from '../spacing/sigma-range.js';
import { mixture } from './mixture.js';

export interface OrderOptions {
  /** Where the steps begin and end. */
  readonly sigmaMax?: number;
  readonly sigmaMin?: number;
  /** Where level i of n lies in log sigma, as a share of the way, for i / n; evenly by default. */
  readonly curve?: ((u: number) => number) | undefined;
}

/**
 * The order at which a deterministic sampler converges on a Gaussian N(m, s^2), whose probability-flow ODE has a closed
 * form: x(sigma) - m grows as sqrt(s^2 + sigma^2). The state is kept in float64; the steps go from sigmaMax to
 * sigmaMin, where it ends.
 *
 * A multistep method begins with steps of lower order, whose error is what is left at last as the steps shrink. With a
 * large sigmaMax, where x_0-hat hardly changes, or along a curve that is flat at 0, they make next to none, and the slope is
 * that of the steps after them.
 *
 * @param make the sampler with `spacing` and `final` as given
 * @returns the slope of log error against log steps over the last of the doublings
 */
export async function orderOf(
  make: (options: { spacing: ReturnType<typeof exponential>; final: 'min' }) => Sampler,
  steps: readonly number[] = [20, 40, 80, 160],
  { sigmaMax = 10, sigmaMin = 0.1, curve }: OrderOptions = {},
): Promise<{ slope: number; errors: number[] }> {
  const schedule = { name: 'geometric', sigmaMax, sigmaMin, L: 10 } as const;
  const process: Process = { kind: 've', schedule };
  const [m, s] = [0.7, 1.3];
  const source = mixture({ components: [{ weight: 1, mean: [m], std: [s] }], process });
  const at = (sigma: number) => m + 0.3 * Math.sqrt(s * s + sigma * sigma);
  const [start, exact] = [at(sigmaMax), at(sigmaMin)];
  const errors: number[] = [];
  for (const n of steps) {
    const levels = curve ? alongSigma({}, (u, { min, max }) => max * (min / max) ** curve(u)) : exponential();
    // The last level is where the last step ends, not where one begins.
    const spacing: ReturnType<typeof exponential> = (process, n = 1) => levels(process, n + 1).slice(0, -1);
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
