import { expect } from 'vitest';
import type { Process } from '../card/model-card.js';
import type { Sampler } from '../samplers/sampler.js';
import { sample } from '../sampling/sample.js';
import { affineLaw } from './affine-law.js';
import { mixture } from './mixture.js';
import { expectMoments } from './moments.js';

const N = 20_000;
// So far apart that x + y tells one from the other but for 1 in 100,000.
const components = [
  { weight: 0.7, mean: [3, 2], std: [0.6, 1] },
  { weight: 0.3, mean: [-3, -2], std: [1, 0.6] },
];

/**
 * Holds 20,000 samples of a mixture of two parts against it, within 4 standard errors: the weights, and mean and covariance
 * of each part. What so many steps make of a part that is by itself is known, and what is expected of it; `bias` is how far
 * that may be from the part, in its standard deviations.
 */
export async function expectMixture(
  sampler: Sampler,
  process: Process,
  { steps, seed, bias = 0.002 }: { steps: number; seed: number; bias?: number },
): Promise<void> {
  const source = mixture({ components, process });
  const { samples } = await sample(source, { sampler, steps, count: N, seed, batch: N }).result;
  const message = `${sampler.name}, ${process.kind}, seed ${seed}`;
  const parts: number[][] = [[], []];
  for (let i = 0; i < 2 * N; i += 2) {
    const [x, y] = [samples[i]!, samples[i + 1]!];
    parts[x + y > 0 ? 0 : 1]!.push(x, y);
  }
  const share = parts[0]!.length / (2 * N);
  const off = (share - 0.7) / Math.sqrt((0.7 * 0.3) / N);
  expect(Math.abs(off), `${message}: weight in standard errors`).toBeLessThan(4);
  for (const [c, { mean, std }] of components.entries()) {
    const laws = await Promise.all(
      mean.map((m, d) => affineLaw(sampler, process, steps, { mean: m, std: std[d]! })),
    );
    laws.forEach((law, d) => {
      expect(Math.abs(law.mean - mean[d]!) / std[d]!, `${message}: bias of a mean`).toBeLessThan(bias);
      expect(Math.abs(law.std / std[d]! - 1), `${message}: bias of a deviation`).toBeLessThan(bias);
    });
    const [x, y] = laws as [(typeof laws)[0], (typeof laws)[0]];
    const expected = { mean: [x.mean, y.mean], covariance: [[x.std ** 2], [0, y.std ** 2]] };
    expectMoments(Float32Array.from(parts[c]!), expected, `${message}, part ${c}`);
  }
}
