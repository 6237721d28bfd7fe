/** Phi(x), the distribution function of a standard normal (Marsaglia, "Evaluating the normal distribution", 2004). */
export function normalCdf(x: number): number {
  // Beyond, 0 or 1 to the last bit, while the series would overflow.
  if (Math.abs(x) > 9) return x > 0 ? 1 : 0;
  let term = x;
  let sum = x;
  for (let n = 3; Math.abs(term) > Math.abs(sum) * 1e-17; n += 2) sum += term *= (x * x) / n;
  return 0.5 + (sum * Math.exp((-x * x) / 2)) / Math.sqrt(2 * Math.PI);
}
