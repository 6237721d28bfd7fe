import { normalBatch } from '@scorebridge/runtime';
import { Tensor } from 'onnxruntime-common';

/** A product of matrices, row-major, a [n, m] and b [m, k]. */
export function product(a: ArrayLike<number>, b: ArrayLike<number>, m: number): Float64Array {
  const [n, k] = [a.length / m, b.length / m];
  const out = new Float64Array(n * k);
  for (let i = 0; i < n; i++)
    for (let j = 0; j < k; j++) for (let l = 0; l < m; l++) out[i * k + j]! += a[i * m + l]! * b[l * k + j]!;
  return out;
}

/** The inverse of a symmetric positive definite matrix [n, n], by Gauss and Jordan. */
export function inverse(matrix: ArrayLike<number>, n: number): Float64Array {
  const a = Float64Array.from(matrix);
  for (let p = 0; p < n; p++) {
    const pivot = a[p * n + p]!;
    for (let j = 0; j < n; j++) a[p * n + j]! /= pivot;
    a[p * n + p] = 1 / pivot;
    for (let i = 0; i < n; i++) {
      if (i === p) continue;
      const factor = a[i * n + p]!;
      for (let j = 0; j < n; j++) if (j !== p) a[i * n + j]! -= factor * a[p * n + j]!;
      a[i * n + p] = -factor / pivot;
    }
  }
  return a;
}

/** N(mean, covariance) of five correlated dimensions whose variances lie between 0.7 and 1.3. */
export const D = 5;
export const mean = [0.5, -1, 0, 1.5, -0.3];
const root = [
  [1.1, 0, 0, 0, 0],
  [0.4, 0.9, 0, 0, 0],
  [-0.3, 0.2, 0.8, 0, 0],
  [0.1, -0.2, 0.3, 1, 0],
  [0, 0.3, -0.1, 0.2, 0.8],
].flat();
const transposed = root.map((_, e) => root[(e % D) * D + Math.floor(e / D)]!);
export const covariance = product(root, transposed, D);

/** x [count, 5] of training step `step`. */
export function gaussianBatch(count: number, key: { seed: number; step: number }) {
  const z = normalBatch(new Float32Array(count * D), count, { ...key, stream: 1000 });
  const x = product(z, transposed, D).map((value, e) => value + mean[e % D]!);
  return { x: new Tensor('float32', Float32Array.from(x), [count, D]) };
}
