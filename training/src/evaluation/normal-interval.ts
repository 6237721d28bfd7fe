/** Terms of the continued fraction of the normal tail: enough for all digits of a double from 2.5 standard deviations on. */
const TERMS = 60;

/**
 * log P(a < Z < b) of a standard normal Z, exact in the tails, where the difference of two distribution functions is 0.
 *
 * @param a may be -Infinity
 * @param b greater than a; may be Infinity
 */
export function logNormalInterval(a: number, b: number): number {
  // In the upper tail probabilities are small and their differences exact.
  if (a + b < 0) return logNormalInterval(-b, -a);
  const aboveA = logNormalTail(a);
  return aboveA + Math.log(-Math.expm1(logNormalTail(b) - aboveA));
}

/**
 * log P(Z > z): by the series of Marsaglia ("Evaluating the normal distribution", 2004) near the middle, by Laplace's
 * continued fraction (Abramowitz and Stegun, 26.2.14) in the tail.
 */
function logNormalTail(z: number): number {
  if (z < 0) return Math.log1p(-Math.exp(logNormalTail(-z)));
  if (z === Infinity) return -Infinity;
  const logDensity = -(z * z + Math.log(2 * Math.PI)) / 2;
  if (z > 2.5) {
    let fraction = z;
    for (let n = TERMS; n > 0; n--) fraction = z + n / fraction;
    return logDensity - Math.log(fraction);
  }
  let term = z;
  let sum = z;
  for (let n = 3; term > sum * 1e-17; n += 2) sum += term *= (z * z) / n;
  return Math.log(0.5 - Math.exp(logDensity) * sum);
}
