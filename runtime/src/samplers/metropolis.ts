import type { Level } from '../process/level.js';
import type { FloatArray } from '../sampling/float-array.js';
import type { Chain } from './sampler.js';

/** Where the chains of a batch are. Copies: a proposal is written over the chain's own x. */
export interface State {
  readonly x: FloatArray;
  readonly score: Float32Array;
  readonly energy: Float32Array;
}

/** The state at the chain's x. One network call. */
export async function stateAt(chain: Chain, level: Level): Promise<State> {
  const { score, energy } = await chain.evaluate(level);
  return { x: chain.x.slice(), score: score.slice(), energy: energy.slice() };
}

/**
 * Moves each chain to its proposal, the chain's x, with probability min(1, exp(logRatio)), and puts x back where it was
 * otherwise (Metropolis et al. 1953; Hastings 1970), so that exp(-energy) is stationary whatever proposes.
 *
 * @param here changed to where the chains are afterwards.
 * @param there score and energy at the proposals.
 * @param logRatio [batch], log of p(x') q(x | x') / (p(x) q(x' | x)); a NaN rejects.
 * @returns how many moved.
 */
export function metropolis(
  chain: Chain,
  here: State,
  there: Pick<State, 'score' | 'energy'>,
  logRatio: Float64Array,
): number {
  const size = here.x.length / logRatio.length;
  const u = chain.uniforms(1);
  let accepted = 0;
  logRatio.forEach((log, i) => {
    const [from, to] = [i * size, (i + 1) * size];
    if (u[i]! < Math.exp(log)) {
      accepted++;
      here.x.set(chain.x.subarray(from, to), from);
      here.score.set(there.score.subarray(from, to), from);
      here.energy[i] = there.energy[i]!;
    } else {
      chain.x.set(here.x.subarray(from, to), from);
    }
  });
  return accepted;
}
