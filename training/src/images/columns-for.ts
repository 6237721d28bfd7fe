/**
 * Columns of a grid of `count` samples: about a square, with a column (or several) for each label where labels are dealt
 * out in turn.
 */
export function columnsFor(count: number, labels: readonly number[] | undefined): number {
  const square = Math.ceil(Math.sqrt(count));
  const period = labels ? new Set(labels).size : 1;
  return Math.min(count, period * Math.max(1, Math.round(square / period)));
}
