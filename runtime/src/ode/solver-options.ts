import { checkSteps } from '../schedules/check.js';
import { dormandPrince5 } from './dormand-prince-5.js';
import type { RungeKuttaMethod } from './runge-kutta-method.js';

/** How an ODE is solved by steps that adapt. */
export interface SolverOptions {
  /** What a number may be off by in one step is atol + rtol |x|; 1e-5 each by default. */
  rtol?: number | undefined;
  atol?: number | undefined;
  /** `dormandPrince5` (default) or, for tolerances below 1e-7 or so, `dormandPrince8`. */
  method?: RungeKuttaMethod | undefined;
  /** The most steps that a sample may take, those that were too long among them; 1,000 by default. */
  maxSteps?: number | undefined;
}

/**
 * The options with every one filled in.
 *
 * @throws RangeError on options out of range
 */
export function solverOf(options: SolverOptions): {
  rtol: number;
  atol: number;
  method: RungeKuttaMethod;
  maxSteps: number;
} {
  const { rtol = 1e-5, atol = 1e-5, method = dormandPrince5, maxSteps = 1000 } = options;
  // Below, rounding is all that an error estimate shows.
  if (!(rtol >= 100 * Number.EPSILON && rtol < 1))
    throw new RangeError(`rtol is ${rtol}; expected a number from 2.3e-14 to 1.`);
  if (!(atol >= 0 && atol < Infinity)) throw new RangeError(`atol is ${atol}; expected a number >= 0.`);
  checkSteps('maxSteps', maxSteps);
  return { rtol, atol, method, maxSteps };
}
