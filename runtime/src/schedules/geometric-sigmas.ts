import { checkSteps } from './check.js';

export interface GeometricSigmasOptions {
  /** sigma_1, 1 by default. */
  sigmaMax?: number;
  /** sigma_L, 0.01 by default. */
  sigmaMin?: number;
  /** Number of levels, 10 by default. */
  L?: number;
}

/**
 * sigma_1 > ... > sigma_L, a geometric sequence (Song and Ermon, "Generative modeling by estimating gradients of the
 * data distribution", 2019, section 4).
 *
 * @returns length L, the largest first: entry i is sigma_{i+1}.
 * @throws RangeError unless 0 < sigmaMin < sigmaMax and L is an integer of at least 2.
 */
export function geometricSigmas({
  sigmaMax = 1,
  sigmaMin = 0.01,
  L = 10,
}: GeometricSigmasOptions = {}): Float64Array {
  checkSteps('L', L);
  if (L < 2 || !(0 < sigmaMin && sigmaMin < sigmaMax && sigmaMax < Infinity)) {
    throw new RangeError(
      `${L} sigmas from ${sigmaMax} to ${sigmaMin}; expected 0 < sigmaMin < sigmaMax and L of at least 2.`,
    );
  }
  // The last entry is sigmaMin to the bit: it is compared with and divided by.
  return Float64Array.from({ length: L }, (_, i) =>
    i === L - 1 ? sigmaMin : sigmaMax * (sigmaMin / sigmaMax) ** (i / (L - 1)),
  );
}
