import type { Posterior } from '../process/posterior.js';

/** The logarithm of the smallest sigma of a step, sqrt(betat), and how far above it that of the largest lies, sqrt(beta). */
export function logSigmas({ variance, forwardVariance }: Posterior): { smallest: number; range: number } {
  const smallest = Math.log(variance) / 2;
  return { smallest, range: Math.log(forwardVariance) / 2 - smallest };
}
