import { backend_util } from '@tensorflow/tfjs-core';
import { product } from '../../graph/sizes.js';

/**
 * The shape that a reshape leads to, its -1 worked out.
 *
 * @throws Error, as tfjs has it, if the sizes do not fit
 */
export function inferredShape(shape: readonly number[], from: readonly number[]): number[] {
  const open = shape.indexOf(-1);
  const second = shape.indexOf(-1, open + 1);
  if (open >= 0 && second >= 0)
    throw new Error(backend_util.getSparseReshapeMultipleNegativeOneOutputDimErrorMessage(open, second));
  const negative = shape.findIndex((d) => d < -1);
  if (negative >= 0)
    throw new Error(backend_util.getSparseReshapeNegativeOutputDimErrorMessage(negative, shape[negative]!));
  const known = product(shape.filter((d) => d !== -1));
  if (open >= 0 && known === 0)
    throw new Error(backend_util.getSparseReshapeEmptyTensorZeroOutputDimErrorMessage());
  const made = shape.map((d) => (d === -1 ? Math.trunc(product(from) / known) : d));
  if (product(made) !== product(from)) {
    throw new Error(
      open >= 0
        ? backend_util.getSparseReshapeInputOutputMultipleErrorMessage([...from], shape.map(Math.abs))
        : backend_util.getSparseReshapeInputOutputMismatchErrorMessage([...from], made),
    );
  }
  return made;
}

/**
 * The rows of a sparse tensor that have no entry, by the row of each entry.
 *
 * @throws Error, as tfjs has it, if an entry lies outside
 */
export function emptyRows(entries: readonly number[], rowCount: number): number[] {
  if (rowCount === 0 && entries.length > 0)
    throw new Error(backend_util.getSparseFillEmptyRowsIndicesDenseShapeMismatch(entries.length));
  entries.forEach((row, i) => {
    if (row < 0) throw new Error(backend_util.getSparseFillEmptyRowsNegativeIndexErrorMessage(i, row));
    if (row >= rowCount)
      throw new Error(backend_util.getSparseFillEmptyRowsOutOfRangeIndexErrorMessage(i, row, rowCount));
  });
  const filled = new Set(entries);
  return Array.from({ length: rowCount }, (_, row) => row).filter((row) => !filled.has(row));
}

/**
 * Sees to it that segment ids grow from 0 on and that indices name rows, of those that are known.
 *
 * @throws Error, as tfjs has it, if they do not
 */
export function checkSegments(
  ids: readonly number[] | undefined,
  indices: readonly number[] | undefined,
  rows: number,
): void {
  const segments = (ids?.at(-1) ?? 0) + 1;
  if (segments <= 0) throw new Error(backend_util.getSparseSegmentReductionNegativeSegmentIdsErrorMessage());
  ids?.forEach((id, i) => {
    if (id > (ids[i + 1] ?? Infinity))
      throw new Error(backend_util.getSparseSegmentReductionNonIncreasingSegmentIdsErrorMessage());
    if (id < 0 || id >= segments) {
      const sentence = backend_util.getSparseSegmentReductionSegmentIdOutOfRangeErrorMessage;
      throw new Error(sentence(id, segments));
    }
  });
  indices?.forEach((index, i) => {
    if (index >= 0 && index < rows) return;
    const sentence = backend_util.getSparseSegmentReductionIndicesOutOfRangeErrorMessage;
    throw new Error(sentence(i, index, rows));
  });
}
