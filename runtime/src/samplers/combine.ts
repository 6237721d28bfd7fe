import type { FloatArray } from '../sampling/float-array.js';

/** A coefficient and what it multiplies. */
export type Term = readonly [coefficient: number, values: FloatArray];

const NONE: Term = [0, new Float64Array()];

/**
 * out = a x + b y + ..., element by element, of up to five terms and rounded once; `out` may be among them.
 *
 * The sums are written out, since a loop over terms within that over elements is several times slower.
 */
export function combine(
  out: FloatArray,
  [a, x]: Term,
  second = NONE,
  third = NONE,
  fourth = NONE,
  fifth = NONE,
): FloatArray {
  const n = out.length;
  const [b, y] = second;
  const [c, z] = third;
  const [d, u] = fourth;
  const [e, v] = fifth;
  if (second === NONE) for (let i = 0; i < n; i++) out[i] = a * x[i]!;
  else if (third === NONE) for (let i = 0; i < n; i++) out[i] = a * x[i]! + b * y[i]!;
  else if (fourth === NONE) for (let i = 0; i < n; i++) out[i] = a * x[i]! + b * y[i]! + c * z[i]!;
  else if (fifth === NONE) for (let i = 0; i < n; i++) out[i] = a * x[i]! + b * y[i]! + c * z[i]! + d * u[i]!;
  else for (let i = 0; i < n; i++) out[i] = a * x[i]! + b * y[i]! + c * z[i]! + d * u[i]! + e * v[i]!;
  return out;
}
