import { processLevels } from '../process/process-levels.js';
import { checkSteps } from '../schedules/check.js';
import { roundHalfEven } from './round-half-even.js';
import type { Spacing } from './spacing.js';

/**
 * Every (L / n)-th of the model's L levels from the noisiest on (diffusers: `timestep_spacing='trailing'`; Lin et al.,
 * "Common diffusion noise schedules and sample steps are flawed", 2023, section 3.3): the noisiest is always among them.
 *
 * @throws RangeError if there are more steps than levels
 */
export const trailing = (): Spacing => (process, steps) => {
  const cleanFirst = processLevels(process).reverse();
  const [L, n] = [cleanFirst.length, steps ?? cleanFirst.length];
  checkSteps('steps', n);
  if (n > L)
    throw new RangeError(`steps is ${n}; the model's schedule has ${L} levels, so take at most these.`);
  return Array.from({ length: n }, (_, i) => cleanFirst[roundHalfEven(L - (i * L) / n) - 1]!);
};
