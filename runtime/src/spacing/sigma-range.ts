import type { Process } from '../card/model-card.js';
import { continuousLevels } from '../process/level-at.js';
import type { Level } from '../process/level.js';
import { processLevels } from '../process/process-levels.js';
import { checkSteps } from '../schedules/check.js';
import type { Spacing } from './spacing.js';

export interface SigmaRange {
  /** The least noise, as sigma / scale; that of the model's cleanest level by default. */
  sigmaMin?: number;
  /** The most noise, as sigma / scale; that of the model's noisiest level by default. */
  sigmaMax?: number;
}

/**
 * Levels by noise, sigma / scale, along a curve from sigmaMax at u = 0 to sigmaMin at u = 1. One step is at sigmaMax.
 *
 * @throws RangeError if the range is upside down or wider than the model's
 */
export const alongSigma =
  (
    { sigmaMin, sigmaMax }: SigmaRange,
    curve: (u: number, range: { min: number; max: number }) => number,
  ): Spacing =>
  (process: Process, steps?: number): Level[] => {
    const levels = continuousLevels(process);
    const { min = levels.min, max = levels.max } = { min: sigmaMin, max: sigmaMax };
    if (!(min > 0 && min < max))
      throw new RangeError(
        `The noise goes from ${max} to ${min}; expected a larger and a smaller number, both above 0.`,
      );
    const n = steps ?? processLevels(process).length;
    checkSteps('steps', n);
    return Array.from({ length: n }, (_, i) => {
      const [first, last] = [i === 0, i === n - 1 && n > 1];
      // The ends as they are, whatever the last bit of the curve says.
      return levels.at(first ? max : last ? min : curve(i / (n - 1), { min, max }));
    });
  };
