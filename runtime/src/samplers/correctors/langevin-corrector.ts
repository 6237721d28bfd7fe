import type { FloatArray } from '../../sampling/float-array.js';
import { checkSteps } from '../../schedules/check.js';
import { sampleSize } from '../sample-size.js';
import { langevinStep } from '../langevin-step.js';
import type { Corrector } from './corrector.js';

export interface LangevinCorrectorOptions {
  /** Ratio of the norms of drift and noise, greater than 0; 0.16 by default. */
  snr?: number;
  /** Langevin steps at each level, a network call each; 1 by default. */
  steps?: number;
}

/**
 * Langevin steps x <- x + eps s + sqrt(2 eps) z with eps = 2 alpha (snr |z| / |s|)^2, alpha = 1 for ve and 1 - beta =
 * (scale / scale')^2 for vp (Song et al., "Score-based generative modeling through stochastic differential equations",
 * 2021, algorithms 4 and 5, appendix G; score_sde: LangevinCorrector).
 *
 * The authors' code averages the two norms over its batch. Here they are each sample's own, so that a sample does not
 * depend on those beside it. In d dimensions a Gaussian is then left with a variance larger by about 4 / d of it, which is
 * little for images; in a few dimensions, where s can be all but 0, there are wild steps.
 *
 * @throws RangeError if snr is not a positive number or steps not a positive integer
 */
export function langevinCorrector({ snr = 0.16, steps = 1 }: LangevinCorrectorOptions = {}): Corrector {
  if (!(snr > 0 && snr < Infinity)) throw new RangeError(`snr is ${snr}; expected a positive number.`);
  checkSteps('steps', steps);
  return async (chain, { from, to }, score) => {
    const { card, x, normals } = chain;
    const alpha = (from.scale / to.scale) ** 2;
    const size = sampleSize(card);
    for (let step = 0; step < steps; step++) {
      const s = await score(chain, from);
      const z = normals();
      for (let i = 0; i < x.length; i += size) {
        const [xi, si, zi] = [x, s, z].map((values) => values.subarray(i, i + size)) as [
          FloatArray,
          FloatArray,
          FloatArray,
        ];
        const eps = 2 * alpha * ((snr * norm(zi)) / norm(si)) ** 2;
        langevinStep(xi, si, zi, 2 * eps);
      }
    }
  };
}

function norm(values: FloatArray): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i]! ** 2;
  return Math.sqrt(sum);
}
