/** Signal-to-noise ratio abar_T / (1 - abar_T) of the last step: what is left of the data where sampling starts. */
export function terminalSnr(betas: Float64Array): number {
  const abar = abarT(betas);
  return abar / (1 - abar);
}

/**
 * L_T of the ELBO per dimension, in nats: KL(q(x_T | x_0) || N(0, I)) =
 * 1/2 (abar_T E[x_0^2] - abar_T - log(1 - abar_T)), averaged over data with mean square E[x_0^2].
 *
 * @param meanSquare E[x_0^2] per dimension in the model's value range, 1 by default.
 */
export function priorKl(betas: Float64Array, meanSquare = 1): number {
  const abar = abarT(betas);
  return (abar * meanSquare - abar - Math.log1p(-abar)) / 2;
}

const abarT = (betas: Float64Array) => betas.reduce((product, beta) => product * (1 - beta), 1);
