/** The midpoints of equal cells that fill a box. */
export interface Grid {
  /** Row-major [n^D, D]. */
  readonly points: Float32Array;
  readonly dimensions: number;
  readonly cellVolume: number;
}

export interface GridOptions {
  /** The box's least and greatest coordinate in each dimension. */
  readonly low: readonly number[];
  readonly high: readonly number[];
  /** n, the cells along each dimension. */
  readonly n: number;
}

/** Where a grid becomes too large to be evaluated as a whole. */
const MOST_POINTS = 2 ** 21;

/**
 * A grid for the midpoint rule. It has n^D points: the cost of quadrature, and why it is for one dimension or two.
 *
 * @throws RangeError for a box that is empty or a grid of more than 2^21 points
 */
export function grid({ low, high, n }: GridOptions): Grid {
  const dimensions = low.length;
  if (dimensions === 0 || high.length !== dimensions || low.some((value, d) => !(value < high[d]!)))
    throw new RangeError(
      `The box from (${low.join(', ')}) to (${high.join(', ')}) is empty: expected low < high.`,
    );
  if (!(Number.isInteger(n) && n >= 1)) throw new RangeError(`n is ${n}; expected a positive integer.`);
  const count = n ** dimensions;
  if (count > MOST_POINTS)
    throw new RangeError(
      `A grid of ${n} cells in each of ${dimensions} dimensions has ${count} points, more than ${MOST_POINTS}: quadrature is for few dimensions.`,
    );
  const sides = low.map((value, d) => (high[d]! - value) / n);
  const points = new Float32Array(count * dimensions);
  for (let i = 0; i < count; i++)
    for (let d = dimensions - 1, rest = i; d >= 0; d--, rest = Math.floor(rest / n))
      points[i * dimensions + d] = low[d]! + sides[d]! * ((rest % n) + 0.5);
  return { points, dimensions, cellVolume: sides.reduce((volume, side) => volume * side, 1) };
}
