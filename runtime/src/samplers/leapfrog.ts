import type { Level } from '../process/level.js';
import type { FloatArray } from '../sampling/float-array.js';
import type { Chain } from './sampler.js';

/**
 * L leapfrog steps of size eps along H(x, p) = f(x) + |p|^2 / 2, changing the chain's x and `p` in place: p <- p + eps / 2
 * s(x), x <- x + eps p, p <- p + eps / 2 s(x) (Neal, "MCMC using Hamiltonian dynamics", 2011, equations 5.18 to 5.20),
 * the two halves between steps taken as one. L network calls.
 *
 * @param score at x where the steps begin.
 * @returns score and energy where they end.
 */
export async function leapfrog(
  chain: Chain,
  p: Float64Array,
  score: Float32Array,
  { level, eps, L }: { level: Level; eps: number; L: number },
): Promise<{ score: Float32Array; energy: Float32Array }> {
  add(p, eps / 2, score);
  for (let l = 1; l < L; l++) {
    add(chain.x, eps, p);
    add(p, eps, await chain.estimate('score', level));
  }
  add(chain.x, eps, p);
  const end = await chain.evaluate(level);
  add(p, eps / 2, end.score);
  return end;
}

/** y <- y + a v, in place. */
function add(y: FloatArray, a: number, v: FloatArray): void {
  for (let i = 0; i < y.length; i++) y[i]! += a * v[i]!;
}
