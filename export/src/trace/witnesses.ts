import type { Graph } from '../graph/graph.js';
import type { Sizes } from '../graph/sizes.js';
import type { InputSpec } from './input-spec.js';

/** The sizes of the symbolic dimensions in each of several traces, by name. */
export type Witnesses = Readonly<Record<string, readonly number[]>>;

/** Of the dimensions along which a program repeats itself: without a common factor, and none of them 1. */
const ROWS = [3, 5, 8, 7, 26, 12, 9, 17];
/**
 * Of all others: far enough apart for strides of 128 to show, and next to a multiple of 128, on it and on either side of
 * it, where a quotient that is rounded up parts from one that is rounded down.
 */
const LENGTHS = [129, 128, 127, 162, 191, 253, 300, 371];
/** The same for sizes that are whole multiples of a scale, of a small and of a large one. */
const FACTORS = { small: [17, 32, 23, 41, 47, 63, 75, 93], large: [5, 8, 11, 6, 7, 18, 13, 21] } as const;
/** Sizes for a function that runs at none larger: of a text, for which so many places have been learnt. */
const SHORT = [13, 24, 18, 31, 37, 29, 40, 47];
/** What a size may have to be a multiple of: the strides of a network that joins images of several sizes. */
const SCALES = [2, 4, 8, 16, 32, 64];

/** How many traces tell a quotient, rounded down, from anything else. */
export const MANY = ROWS.length;
/** How many tell a multiple plus a constant from anything else, which is all that a batch leads to. */
const FEW = 3;

/** The names of the symbolic dimensions, and whether each is only ever the first of its inputs' dimensions. */
function symbolsOf(inputs: Readonly<Record<string, InputSpec>>): Map<string, boolean> {
  const symbols = new Map<string, boolean>();
  for (const { shape } of Object.values(inputs)) {
    shape.forEach((d, axis) => {
      if (typeof d === 'string') symbols.set(d, axis === 0 && (symbols.get(d) ?? true));
    });
  }
  return symbols;
}

const rotate = <T>(list: readonly T[], by: number): T[] => list.map((_, i) => list[(i + by) % list.length]!);

/** How often a function is to be traced. */
export function countTraces(inputs: Readonly<Record<string, InputSpec>>): number {
  const symbols = [...symbolsOf(inputs).values()];
  if (symbols.length === 0) return 2;
  return symbols.length === 1 && symbols[0] ? FEW : MANY;
}

/**
 * Sizes to trace at, most convenient first: a function that joins images of several sizes runs only at multiples of
 * its strides. No two symbols go through the same sizes in the same order.
 */
export function* candidates(
  inputs: Readonly<Record<string, InputSpec>>,
  given: Witnesses = {},
): Generator<Witnesses> {
  const symbols = [...symbolsOf(inputs)];
  const inner = symbols.some(([name, first]) => !first && !(name in given));
  const at = (inside: (k: number) => readonly number[]): Witnesses =>
    Object.fromEntries(
      symbols.map(([name, first], k) => {
        const chosen = given[name];
        if (chosen) return [name, Array.from({ length: MANY }, (_, t) => chosen[t % chosen.length]!)];
        return [name, first ? rotate(ROWS, 2 * k) : rotate(inside(k), 3 * k)];
      }),
    );
  yield at((k) => LENGTHS.map((length) => length + 128 * k));
  if (!inner) return;
  for (const scale of SCALES) {
    const factors = FACTORS[scale <= 8 ? 'small' : 'large'];
    yield at(() => factors.map((factor) => factor * scale));
  }
  yield at(() => SHORT);
}

/** Whether each size in a graph of one symbol is a multiple of it plus a constant. */
export function isAffine({ nodes, symbols }: Graph): boolean {
  const [at] = Object.values(symbols ?? {});
  const fits = (sizes: Sizes) =>
    sizes[0]!.every((first, i) => {
      if (!at) return true;
      const slope = (sizes[1]![i]! - first) / (at[1]! - at[0]!);
      return Number.isInteger(slope) && sizes.every((s, t) => s[i] === first + slope * (at[t]! - at[0]!));
    });
  return nodes.every(
    ({ outputs, sizes, bodies = {} }) =>
      outputs.every(({ shapes }) => fits(shapes)) &&
      Object.values(sizes).every(fits) &&
      Object.values(bodies).every(isAffine),
  );
}
