import type { FloatArray } from '../sampling/float-array.js';

/** x <- x + eps / 2 score + sqrt(eps) z, in place (Langevin's equation, Euler-Maruyama). */
export function langevinStep(x: FloatArray, score: FloatArray, z: FloatArray, eps: number): void {
  const drift = eps / 2;
  const noise = Math.sqrt(eps);
  for (let i = 0; i < x.length; i++) x[i] = x[i]! + drift * score[i]! + noise * z[i]!;
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
