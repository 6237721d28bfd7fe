import { checkSteps } from './check.js';
import { normalCdf } from './normal-cdf.js';

export interface NcsnV2LadderOptions {
  /** sigma_1, such as `maxPairwiseDistance` of the data. */
  sigmaMax: number;
  /** sigma_L, 0.01 by default. */
  sigmaMin?: number;
  /** Dimensions of the data. */
  D: number;
  /** What neighbouring levels share, 0.5 by default; the authors' own numbers of levels are those of 0.567. */
  overlap?: number;
}

/**
 * Phi(sqrt(2 D) (gamma - 1) + 3 gamma) - Phi(sqrt(2 D) (gamma - 1) - 3 gamma): the share of what one level draws that
 * lies within three standard deviations of the radius of the level above it, gamma times as noisy (Song and Ermon 2020,
 * section 3.2).
 */
export function levelOverlap(gamma: number, D: number): number {
  const gap = Math.sqrt(2 * D) * (gamma - 1);
  return normalCdf(gap + 3 * gamma) - normalCdf(gap - 3 * gamma);
}

/**
 * The noise levels of NCSNv2, for `geometricSigmas` or a process: the fewest whose neighbours share `overlap` (Song and
 * Ermon, "Improved techniques for training score-based generative models", 2020, technique 2).
 *
 * @throws RangeError unless 0 < sigmaMin < sigmaMax, 0 < overlap < 0.99 and D is an integer of at least 5: in fewer
 *   dimensions all levels overlap, whatever the ratio.
 */
export function ncsnV2Ladder({ sigmaMax, sigmaMin = 0.01, D, overlap = 0.5 }: NcsnV2LadderOptions): {
  sigmaMax: number;
  sigmaMin: number;
  L: number;
} {
  checkSteps('D', D);
  if (D < 5) {
    throw new RangeError(`D is ${D}; the rule needs at least 5 dimensions, so choose L yourself.`);
  }
  if (!(0 < sigmaMin && sigmaMin < sigmaMax && sigmaMax < Infinity)) {
    throw new RangeError(`Sigmas from ${sigmaMax} to ${sigmaMin}; expected 0 < sigmaMin < sigmaMax.`);
  }
  if (!(overlap > 0 && overlap < 0.99)) {
    throw new RangeError(`overlap is ${overlap}; expected a number between 0 and 0.99.`);
  }
  // Bisection: the overlap begins at 0.997 and falls as gamma grows.
  let [low, high] = [1, 2];
  while (levelOverlap(high, D) > overlap) high *= 2;
  for (let i = 0; i < 60; i++) {
    const middle = (low + high) / 2;
    if (levelOverlap(middle, D) > overlap) low = middle;
    else high = middle;
  }
  return {
    sigmaMax,
    sigmaMin,
    L: 1 + Math.max(1, Math.ceil(Math.log(sigmaMax / sigmaMin) / Math.log(high))),
  };
}
