/**
 * A graph is traced at one or more batch sizes, its *witnesses*. Whatever depends on a size is kept as what it
 * measured at each witness, so equality, products and quotients of symbolic dimensions are plain arithmetic on
 * short lists; only the ONNX writer has to find the expression behind the numbers.
 */

/** One integer list a witness: a shape, a slice's starts, a pad's widths. */
export type Sizes = readonly (readonly number[])[];

export const product = (shape: readonly number[]): number => shape.reduce((p, d) => p * d, 1);

export const sameInts = (a: readonly number[], b: readonly number[]): boolean =>
  a.length === b.length && a.every((d, i) => d === b[i]);

export const sameSizes = (a: Sizes, b: Sizes): boolean =>
  a.length === b.length && a.every((s, w) => sameInts(s, b[w]!));

/** Whether every witness measured the same. */
export const isFixed = (sizes: Sizes): boolean => sizes.every((s) => sameInts(s, sizes[0]!));

export const mapSizes = (
  sizes: Sizes,
  f: (s: readonly number[], witness: number) => readonly number[],
): Sizes => sizes.map((s, w) => f(s, w));

export const permute = <T>(list: readonly T[], perm: readonly number[]): T[] => perm.map((p) => list[p]!);

export const inversePermutation = (perm: readonly number[]): number[] => {
  const inverse = new Array<number>(perm.length);
  perm.forEach((p, i) => (inverse[p] = i));
  return inverse;
};

export const isIdentityPermutation = (perm: readonly number[]): boolean => perm.every((p, i) => p === i);

/** Numpy broadcasting of two shapes; throws a sentence where they do not fit. */
export function broadcastShapes(a: readonly number[], b: readonly number[]): number[] {
  const rank = Math.max(a.length, b.length);
  return Array.from({ length: rank }, (_, i) => {
    const p = a[i - rank + a.length] ?? 1;
    const q = b[i - rank + b.length] ?? 1;
    if (p !== q && p !== 1 && q !== 1) {
      throw new Error(`Shapes [${a.join(', ')}] and [${b.join(', ')}] do not broadcast.`);
    }
    return p === 1 ? q : p;
  });
}
