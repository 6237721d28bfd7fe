import { logSnr } from '../process/noise-ratio.js';
import type { Marginal } from '../process/level.js';
import type { FloatArray } from '../sampling/float-array.js';

/** What a network said at a level, which a method of several steps comes back to. */
export interface KeptEstimate {
  readonly lambda: number;
  readonly values: FloatArray;
}

/** The latest first, at most `count`, with a copy of the newest. */
export const keep = (
  kept: readonly KeptEstimate[],
  count: number,
  level: Marginal,
  values: FloatArray,
): KeptEstimate[] => [{ lambda: logSnr(level), values: values.slice() }, ...kept].slice(0, count);
