/** Gauss and Legendre's nodes and weights of 3 points on [-1, 1]. */
const GAUSS = [
  [-Math.sqrt(0.6), 5 / 9],
  [0, 8 / 9],
  [Math.sqrt(0.6), 5 / 9],
] as const;

/** The integral of a smooth function from a to b, by Gauss-Legendre quadrature on each of 200 panels. */
export function integral(f: (x: number) => number, a: number, b: number, panels = 200): number {
  const half = (b - a) / panels / 2;
  let sum = 0;
  for (let panel = 0; panel < panels; panel++)
    for (const [node, weight] of GAUSS) sum += weight * f(a + half * (2 * panel + 1 + node));
  return half * sum;
}

/** The polynomial through (x_i, y_i), at x (Lagrange). */
export const interpolate = (xs: readonly number[], ys: readonly number[], x: number): number =>
  ys.reduce(
    (sum, y, i) =>
      sum +
      xs.reduce((product, other, j) => (i === j ? product : (product * (x - other)) / (xs[i]! - other)), y),
    0,
  );
