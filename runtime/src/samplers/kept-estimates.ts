import { logSnr } from '../process/noise-ratio.js';
import type { Marginal } from '../process/level.js';
import type { State } from '../sampling/state.js';
import { combine } from './combine.js';

/** What a network said at a level, which a method of several steps comes back to. */
export interface KeptEstimate {
  readonly lambda: number;
  readonly values: State;
}

/** The latest first, at most `count`, with a copy of the newest, in the array of the one that it drives out. */
export function keep(
  kept: readonly KeptEstimate[],
  count: number,
  level: Marginal,
  values: State,
): KeptEstimate[] {
  const old = kept[count - 1]?.values;
  const copy = old ? combine(old, [1, values]) : values.slice();
  return [{ lambda: logSnr(level), values: copy }, ...kept].slice(0, count);
}
