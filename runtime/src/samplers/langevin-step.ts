import type { State } from '../sampling/state.js';
import { combine } from './combine.js';

/** x <- x + eps / 2 score + sqrt(eps) z, in place (Langevin's equation, Euler-Maruyama). */
export function langevinStep(x: State, score: State, z: State, eps: number): void {
  combine(x, [1, x], [eps / 2, score], [Math.sqrt(eps), z]);
}

/**
 * The eps of this project for a step size of the NCSN authors' code, which takes x + step s + sqrt(2 step) z where their
 * paper and this project take x + eps / 2 s + sqrt(eps) z.
 */
export const fromNcsnStep = (step: number): number => 2 * step;

/** @throws RangeError if `eps` is not a positive number. */
export function checkStepSize(eps: number): void {
  if (!(eps > 0 && eps < Infinity)) throw new RangeError(`eps is ${eps}; expected a positive number.`);
}
