import type { Level } from '../process/level.js';

/** Points at which the trace of the prediction's Jacobian is wanted. */
export interface TraceQuestion {
  /** [n, ...shape]. */
  readonly x: Float32Array;
  /** The level of each. */
  readonly levels: readonly Level[];
  /** The label of each, of a model with classes. */
  readonly labels: Int32Array | undefined;
  /** Fills `out` with v_k of point i. */
  readonly probe: (out: Float32Array, i: number, k: number) => void;
}

export interface TraceAnswer {
  /** [n, ...shape], in the card's parametrisation. */
  readonly prediction: Float32Array;
  /** sum_k v_k' J v_k of each, J being the Jacobian of the prediction by x. */
  readonly sums: Float64Array;
}

/** A way to find v' J v. */
export interface Tracer {
  /** Rows of a network call that a point takes. */
  readonly rows: number;
  ask(question: TraceQuestion): Promise<TraceAnswer>;
}

/** How many numbers a sample has, how many probes there are, and the most rows of one network call. */
export interface TracerOptions {
  readonly size: number;
  readonly probes: number;
  readonly batch: number;
  /** What lets others have their turn after a network call, and throws if the caller has had enough. */
  readonly pause: () => Promise<void>;
}

/** Calls `part` for the numbers 0 to n - 1, at most `batch` at a time. */
export async function inParts(
  n: number,
  batch: number,
  part: (from: number, to: number) => Promise<void>,
): Promise<void> {
  for (let from = 0; from < n; from += batch) await part(from, Math.min(from + batch, n));
}

/** a'b of a row of each. */
export function dot(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}
