import type { State } from '../sampling/state.js';
import { combine, type Term } from './combine.js';

/** out = a x + scale sum_i w_i estimate_i, plus noise where there is any, of up to five terms in all; `out` may be x. */
export function weightedStep(
  out: State,
  x: Term,
  scale: number,
  weights: readonly number[],
  estimates: readonly { readonly values: State }[],
  noise?: Term,
): void {
  const estimated = weights.map((w, i): Term => [scale * w, estimates[i]!.values]);
  combine(out, x, ...estimated, ...(noise ? [noise] : []));
}
