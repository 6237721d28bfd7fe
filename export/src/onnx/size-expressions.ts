/**
 * The expression behind a size that follows the batch: a * batch + b, or floor(batch * p / q) and the like are not
 * tried. Found from the first two witnesses, checked on every other.
 *
 * @throws Error where no such expression fits
 */
export function affineInBatch(
  measured: readonly number[],
  batch: readonly number[],
): { a: number; b: number } {
  const [m0, m1] = measured as [number, number];
  const [b0, b1] = batch as [number, number];
  const a = b1 === b0 ? 0 : (m1 - m0) / (b1 - b0);
  const b = m0 - a * b0;
  if (!Number.isInteger(a) || measured.some((m, w) => m !== a * batch[w]! + b)) {
    throw new Error(
      `A size came out as ${measured.join(', ')} at batch sizes ${batch.join(', ')}, which is no whole multiple of the ` +
        'batch plus a constant: such a size cannot be kept symbolic.',
    );
  }
  return { a, b };
}
