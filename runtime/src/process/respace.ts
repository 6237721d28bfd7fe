import { checkSteps } from '../schedules/check.js';
import { roundHalfEven } from '../spacing/round-half-even.js';
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
  const last = levels.length - 1;
  // Counted from the cleanest, so that a half is rounded as numpy's linspace of t is.
  return Array.from(
    { length: steps },
    (_, i) => levels[steps === 1 ? 0 : last - roundHalfEven(((steps - 1 - i) * last) / (steps - 1))]!,
  );
}
