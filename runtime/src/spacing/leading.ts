import { processLevels } from '../process/process-levels.js';
import { checkSteps } from '../schedules/check.js';
import type { Spacing } from './spacing.js';

export interface LeadingOptions {
  /** By how many levels all of them are noisier, 0 by default (diffusers: `steps_offset`). */
  offset?: number;
}

/**
 * Every k-th of the model's L levels from the cleanest on, k = floor(L / n) (diffusers: `timestep_spacing='leading'`; the
 * DDIM authors' choice). The noisiest level is not among them unless every level is.
 *
 * @throws RangeError if the offset is not a whole number, or moves the noisiest of them past the noisiest level
 */
export const leading = ({ offset = 0 }: LeadingOptions = {}): Spacing => {
  if (!(Number.isSafeInteger(offset) && offset >= 0))
    throw new RangeError(`offset is ${offset}; expected an integer >= 0.`);
  return (process, steps) => {
    const cleanFirst = processLevels(process).reverse();
    const n = steps ?? cleanFirst.length;
    checkSteps('steps', n);
    const ratio = Math.floor(cleanFirst.length / n);
    const last = (n - 1) * ratio + offset;
    if (ratio < 1 || last >= cleanFirst.length)
      throw new RangeError(
        `${n} steps with an offset of ${offset} do not fit into the model's ${cleanFirst.length} levels: take fewer.`,
      );
    return Array.from({ length: n }, (_, i) => cleanFirst[last - i * ratio]!);
  };
};
