/**
 * phi_k(x) = sum over n of x^n / (n + k)!, that is e^x, (e^x - 1) / x, ((e^x - 1) / x - 1) / x and so on: what exponential
 * integrators weigh the powers of time by (Hochbruck and Ostermann, "Exponential integrators", 2010, equation 2.11).
 */
export function phi(k: number, x: number): number {
  if (Math.abs(x) < 1) {
    // The recursion below loses digits near 0.
    let term = 1 / factorial(k);
    let sum = term;
    for (let n = 1; n <= 20; n++) sum += term *= x / (n + k);
    return sum;
  }
  let value = Math.exp(x);
  for (let j = 0; j < k; j++) value = (value - 1 / factorial(j)) / x;
  return value;
}

const factorial = (k: number): number => (k === 0 ? 1 : k * factorial(k - 1));
