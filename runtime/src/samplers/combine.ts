import { type DeviceArray, isOnDevice, type State } from '../sampling/state.js';
import type { FloatArray } from '../sampling/float-array.js';

/** A coefficient and what it multiplies. */
export type Term = readonly [coefficient: number, values: State];

type HostTerm = readonly [coefficient: number, values: FloatArray];
type DeviceTerm = readonly [coefficient: number, values: DeviceArray];

const NONE: HostTerm = [0, new Float64Array()];

/**
 * out = a x + b y + ..., element by element, of up to five terms and rounded once; `out` may be among them. All are in main
 * memory, or all on the same device.
 */
export function combine<A extends State>(out: A, ...terms: readonly Term[]): A {
  if (isOnDevice(out)) out.combine(terms as readonly DeviceTerm[]);
  else combineOnHost(out, ...(terms as readonly HostTerm[] as readonly [HostTerm, HostTerm]));
  return out;
}

/** The sums are written out, since a loop over terms within that over elements is several times slower. */
function combineOnHost(
  out: FloatArray,
  [a, x]: HostTerm,
  second = NONE,
  third = NONE,
  fourth = NONE,
  fifth = NONE,
): void {
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
}
