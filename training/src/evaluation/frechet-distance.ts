import { EigenvalueDecomposition, Matrix } from 'ml-matrix';
import type { Moments } from './moments.js';

/**
 * The (squared) Fréchet distance between the Gaussians with the given moments,
 * |m_a - m_b|^2 + tr(C_a + C_b - 2 (C_a C_b)^(1/2))
 * (Dowson and Landau 1982; Heusel et al. 2017, eq. 6, where it is called FID). The trace of the root is taken
 * as the sum of the roots of the eigenvalues of the symmetric C_a^(1/2) C_b C_a^(1/2), which C_a C_b shares.
 *
 * Estimated from few vectors it is biased upwards: compare only figures of equal count.
 *
 * @throws RangeError when the dimensions differ
 */
export function frechetDistance(a: Moments, b: Moments): number {
  const dimension = a.mean.length;
  if (b.mean.length !== dimension)
    throw new RangeError(
      `The Fréchet distance needs two sets of one dimension, found ${dimension} and ${b.mean.length}.`,
    );
  const matrix = (values: Float64Array) => Matrix.from1DArray(dimension, dimension, values);
  const rootA = symmetricRoot(matrix(a.covariance));
  const product = rootA.mmul(matrix(b.covariance)).mmul(rootA);
  // Rounding leaves it symmetric to 1e-16 only, and its zero eigenvalues a little below 0.
  const eigenvalues = symmetricEigen(product.add(product.transpose()).mul(0.5)).realEigenvalues;
  const traceOfRoot = eigenvalues.reduce((sum, value) => sum + Math.sqrt(Math.max(value, 0)), 0);
  let distance = -2 * traceOfRoot;
  for (let i = 0; i < dimension; i++) {
    const difference = a.mean[i]! - b.mean[i]!;
    distance += difference ** 2 + a.covariance[i * (dimension + 1)]! + b.covariance[i * (dimension + 1)]!;
  }
  return Math.max(distance, 0);
}

const symmetricEigen = (matrix: Matrix) => new EigenvalueDecomposition(matrix, { assumeSymmetric: true });

function symmetricRoot(matrix: Matrix): Matrix {
  const { eigenvectorMatrix: vectors, realEigenvalues } = symmetricEigen(matrix);
  const roots = Matrix.diag(realEigenvalues.map((value) => Math.sqrt(Math.max(value, 0))));
  return vectors.mmul(roots).mmul(vectors.transpose());
}
