import { expect } from 'vitest';

export interface Moments {
  mean: readonly number[];
  /** Row by row. */
  covariance: readonly (readonly number[])[];
}

/**
 * Holds [n, d] of n independent samples against the moments of their law: each within 4 standard errors, that of a mean
 * from the law's variance, that of a covariance from the spread of the products.
 */
export function expectMoments(samples: Float32Array, { mean, covariance }: Moments, message: string): void {
  const d = mean.length;
  const n = samples.length / d;
  const centred = (j: number) => Float64Array.from({ length: n }, (_, i) => samples[i * d + j]! - mean[j]!);
  for (let j = 0; j < d; j++) {
    const off = average(centred(j)) / Math.sqrt(covariance[j]![j]! / n);
    expect(Math.abs(off), `${message}: mean ${j} in standard errors`).toBeLessThan(4);
    for (let k = 0; k <= j; k++) {
      const other = centred(k);
      const products = centred(j).map((x, i) => x * other[i]!);
      const found = average(products);
      const error = Math.sqrt(average(products.map((p) => (p - found) ** 2)) / n);
      const distance = (found - covariance[j]![k]!) / error;
      expect(Math.abs(distance), `${message}: covariance ${j}, ${k} in standard errors`).toBeLessThan(4);
    }
  }
}

const average = (values: Float64Array) => values.reduce((sum, v) => sum + v, 0) / values.length;
