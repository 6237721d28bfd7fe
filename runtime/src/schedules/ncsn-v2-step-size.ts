import { fromNcsnStep } from '../samplers/langevin-step.js';
import { checkSteps } from './check.js';

export interface NcsnV2StepSizeOptions {
  /** sigma_1 > ... > sigma_L, a geometric sequence of at least two. */
  sigmas: ArrayLike<number>;
  /** Steps at each level. */
  T: number;
}

/**
 * s_T^2 / sigma_i^2 of data at one point, a chain's variance over that of its level after T steps there from the level
 * above, gamma times as noisy (Song and Ermon 2020, section 3.4), with r for their eps / sigma_L^2.
 */
export function varianceRatio(r: number, gamma: number, T: number): number {
  // Where steps of this size settle. 2 r / (1 - (1 - r)^2), but for small r too.
  const settled = 2 / (2 - r);
  return (1 - r) ** (2 * T) * (gamma ** 2 - settled) + settled;
}

/**
 * The step size eps of annealed Langevin dynamics whose `varianceRatio` is nearest to 1 (Song and Ermon, "Improved
 * techniques for training score-based generative models", 2020, technique 4). It is in the convention of this project,
 * twice theirs: see `fromNcsnStep`.
 *
 * @throws RangeError if the sigmas are not at least two that fall to a positive one or T is not a positive integer.
 */
export function ncsnV2StepSize({ sigmas, T }: NcsnV2StepSizeOptions): number {
  checkSteps('T', T);
  const [sigma1, sigmaL] = [sigmas[0]!, sigmas[sigmas.length - 1]!];
  if (!(sigmas.length >= 2 && 0 < sigmaL && sigmaL < sigma1)) {
    throw new RangeError(
      `There are ${sigmas.length} sigmas, from ${sigma1} to ${sigmaL}; expected two or more, falling to a positive one.`,
    );
  }
  const gamma = (sigma1 / sigmaL) ** (1 / (sigmas.length - 1));
  // The ratio is above 1 and has one minimum in 0 < r < 1: golden-section search.
  const golden = (Math.sqrt(5) - 1) / 2;
  let [low, high] = [0, 1];
  for (let i = 0; i < 60; i++) {
    const [a, b] = [high - golden * (high - low), low + golden * (high - low)];
    if (varianceRatio(a, gamma, T) < varianceRatio(b, gamma, T)) high = b;
    else low = a;
  }
  return fromNcsnStep(((low + high) / 2) * sigmaL ** 2);
}
