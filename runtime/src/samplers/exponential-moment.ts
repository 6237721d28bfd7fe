/**
 * rate * integral of e^(-rate (h - tau)) tau^k over tau from 0 to h: what tau^k contributes to a step of length h in lambda,
 * of the prediction of data (rate 1; 1 - e^-h for k = 0), of the prediction of noise (rate -1), or of the SDE (rate 1 + eta).
 */
export function exponentialMoment(k: number, h: number, rate = 1): number {
  const z = rate * h;
  if (Math.abs(z) > 1)
    return k === 0 ? -Math.expm1(-z) : h ** k - (k / rate) * exponentialMoment(k - 1, h, rate);
  // By its power series, since the recursion cancels near 0.
  let term = (z * h ** k) / (k + 1);
  let sum = term;
  for (let j = 2; Math.abs(term) > Math.abs(sum) * 1e-17; j++) {
    term *= -z / (k + j);
    sum += term;
  }
  return sum;
}
