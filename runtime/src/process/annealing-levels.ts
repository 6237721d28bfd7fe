import { checkSteps } from '../schedules/check.js';
import type { Level } from './level.js';

/**
 * At most `L` of the levels, those nearest to a geometric sequence of sigma / scale from the noisiest to the cleanest.
 *
 * @throws RangeError if `L` is not an integer from 1 to the number of levels.
 */
export function annealingLevels(levels: readonly Level[], L = levels.length): Level[] {
  checkSteps('L', L);
  if (L > levels.length) {
    throw new RangeError(
      `L is ${L}; the model's schedule has ${levels.length} levels, so take at most these.`,
    );
  }
  const logs = levels.map(({ sigma, scale }) => Math.log(sigma / scale));
  const [top, bottom] = [logs[0]!, logs.at(-1)!];
  const chosen = Array.from({ length: L }, (_, i) => {
    const wanted = top + ((bottom - top) * i) / (L - 1 || 1);
    return logs.reduce(
      (best, log, j) => (Math.abs(log - wanted) < Math.abs(logs[best]! - wanted) ? j : best),
      0,
    );
  });
  return [...new Set(chosen)].map((i) => levels[i]!);
}
