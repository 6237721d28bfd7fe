import type { FloatArray } from '../sampling/float-array.js';
import { combine, type Term } from './combine.js';

/** out = a x + scale sum_i w_i estimate_i, plus noise where there is any, of up to five terms in all; `out` may be x. */
export function weightedStep(
  out: FloatArray,
  x: Term,
  scale: number,
  weights: readonly number[],
  estimates: readonly { readonly values: FloatArray }[],
  noise?: Term,
): void {
  const estimated = weights.map((w, i): Term => [scale * w, estimates[i]!.values]);
  const [second, third, fourth, fifth] = noise ? [...estimated, noise] : estimated;
  combine(out, x, second, third, fourth, fifth);
}
