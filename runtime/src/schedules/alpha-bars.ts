/**
 * abar_t = prod_{s <= t} (1 - beta_s), so that q(x_t | x_0) = N(sqrt(abar_t) x_0, (1 - abar_t) I).
 *
 * @param betas length T + 1 with entry 0 = 0, as the schedules here return them.
 * @returns length T + 1; entry 0 is 1.
 */
export function alphaBars(betas: Float64Array): Float64Array {
  let product = 1;
  return betas.map((beta) => (product *= 1 - beta));
}
