import { continuousLevels } from '../process/level-at.js';
import type { Level } from '../process/level.js';
import { noiseRatio } from '../process/noise-ratio.js';
import { checkNotNegative } from './check-not-negative.js';
import { combine } from './combine.js';
import type { Plan, StateChain } from './sampler.js';

/** Noise that is added before each step, to be removed by it (Karras et al. 2022, algorithm 2). */
export interface ChurnOptions {
  /** S_churn: how much, over all steps; 0 (default) is none. A step's share is at most sqrt(2) - 1. */
  sChurn?: number | undefined;
  /** S_tmin: the least noise, as sigma / scale, at which it is added; 0 by default. */
  sTmin?: number | undefined;
  /** S_tmax: the most noise, as sigma / scale, at which it is added; Infinity by default. */
  sTmax?: number | undefined;
  /** S_noise: the standard deviation of what is added, against what the levels say; 1 by default. */
  sNoise?: number | undefined;
}

/**
 * The churn of algorithm 2 (lines 4 to 6): from sigma, the noise in units of the data, to sigma-hat = sigma (1 + gamma) with
 * gamma = min(S_churn / N, sqrt(2) - 1) where S_tmin <= sigma <= S_tmax, and 0 elsewhere.
 *
 * Sigma-hat ends at the model's noisiest level: gamma is smaller near it, and 0 at it. So the network is asked at the noise
 * that x has, as in the authors' code, which rounds sigma-hat to a level of the network. (k-diffusion lets sigma-hat go
 * beyond, and tells the network of a vp process the noisiest t.)
 *
 * @returns for a chain, what raises its x from a level to sigma-hat, which it returns
 * @throws RangeError on options out of range
 */
export function churn({ sChurn = 0, sTmin = 0, sTmax = Infinity, sNoise = 1 }: ChurnOptions) {
  checkNotNegative('sChurn', sChurn);
  checkNotNegative('sTmin', sTmin);
  if (!(sTmax >= sTmin))
    throw new RangeError(`sTmax is ${sTmax}; expected a number of at least sTmin, ${sTmin}.`);
  checkNotNegative('sNoise', sNoise);
  return ({ card, x, normals }: StateChain, { steps }: Plan) => {
    const levels = continuousLevels(card.process);
    const most = Math.min(sChurn / steps, Math.SQRT2 - 1);
    return (from: Level): Level => {
      const sigma = noiseRatio(from);
      const gamma = sTmin <= sigma && sigma <= sTmax ? most : 0;
      const sigmaHat = Math.min(sigma * (1 + gamma), levels.max);
      if (!(sigmaHat > sigma)) return from;
      const hat = levels.at(sigmaHat);
      const added = sNoise * Math.sqrt(sigmaHat ** 2 - sigma ** 2);
      combine(x, [hat.scale / from.scale, x], [hat.scale * added, normals()]);
      return hat;
    };
  };
}
