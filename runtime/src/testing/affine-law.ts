import type { Process } from '../card/model-card.js';
import type { Sampler } from '../samplers/sampler.js';
import { sample } from '../sampling/sample.js';
import { mixture } from './mixture.js';

/**
 * The exact law of what a sampler makes of a Gaussian N(m, s^2), whose denoiser is affine: so is the sample in all the noise
 * that is drawn. Chain i of one run has draw i alone, at 1, and the last chain none.
 */
export async function affineLaw(
  sampler: Sampler,
  process: Process,
  steps: number,
  { mean, std }: { mean: number; std: number },
): Promise<{ mean: number; std: number }> {
  const source = mixture({ components: [{ weight: 1, mean: [mean], std: [std] }], process });
  // No sampler draws more than three times a step.
  const count = 3 * steps + 2;
  const { samples } = await sample(source, {
    ...{ sampler, steps, count, batch: count, seed: 0, float64: true },
    noise: (draw) => Float64Array.from({ length: count }, (_, i) => Number(i === draw)),
  }).result;
  const found = samples.at(-1)!;
  return { mean: found, std: Math.hypot(...samples.map((x) => x - found)) };
}
