/** The first two moments of a set of feature vectors, in float64. */
export interface Moments {
  readonly count: number;
  readonly mean: Float64Array;
  /** Unbiased (divided by count - 1), row-major [dimension, dimension]. */
  readonly covariance: Float64Array;
}

/**
 * Mean and covariance in two passes, summed in float64.
 *
 * @param vectors row-major [count, dimension]
 * @throws RangeError when the vectors do not fill whole rows, or are fewer than two
 */
export function moments(vectors: Float32Array | Float64Array, dimension: number): Moments {
  const count = vectors.length / dimension;
  if (!Number.isInteger(count) || count < 2)
    throw new RangeError(
      `A covariance needs at least two whole vectors of dimension ${dimension}, found ${vectors.length} values.`,
    );
  const mean = new Float64Array(dimension);
  vectors.forEach((value, i) => (mean[i % dimension]! += value / count));
  const covariance = new Float64Array(dimension * dimension);
  const centred = new Float64Array(dimension);
  for (let row = 0; row < count; row++) {
    for (let i = 0; i < dimension; i++) centred[i] = vectors[row * dimension + i]! - mean[i]!;
    for (let i = 0; i < dimension; i++)
      for (let j = 0; j <= i; j++) covariance[i * dimension + j]! += centred[i]! * centred[j]!;
  }
  for (let i = 0; i < dimension; i++)
    for (let j = 0; j <= i; j++) covariance[j * dimension + i] = covariance[i * dimension + j]! /= count - 1;
  return { count, mean, covariance };
}
