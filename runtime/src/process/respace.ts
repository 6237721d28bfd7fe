import { checkSteps } from '../schedules/check.js';
import type { Level } from './level.js';

/**
 * `steps` of the levels, evenly spaced by index, the noisiest and the cleanest among them; one step is the noisiest.
 * The transition between two of them is found from the pair, so no betas of the full chain are used for a shorter one.
 *
 * @throws RangeError if `steps` is not an integer from 1 to the number of levels.
 */
export function respace(levels: readonly Level[], steps = levels.length): Level[] {
  checkSteps('steps', steps);
  if (steps > levels.length) {
    throw new RangeError(
      `steps is ${steps}; the model's schedule has ${levels.length} levels, so take at most these.`,
    );
  }
  return Array.from(
    { length: steps },
    (_, i) => levels[Math.round((i * (levels.length - 1)) / (steps - 1 || 1))]!,
  );
}
