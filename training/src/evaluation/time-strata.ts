/** The time steps `first` to `first` + `size` - 1. */
export interface TimeStratum {
  readonly first: number;
  readonly size: number;
}

/**
 * Parts t = 2..T into `n` strata of neighbours, each about as much longer than the one before as all others: L_{t-1}
 * falls by orders of magnitude with t, about as a power of it, and so varies as little as can be within each.
 *
 * @param n 1 to T - 1, where every t is a stratum of its own
 */
export function timeStrata(T: number, n: number): TimeStratum[] {
  const strata: TimeStratum[] = [];
  let first = 2;
  for (let left = n; left > 0; left--) {
    const end = first * ((T + 1) / first) ** (1 / left);
    // At least one t is taken, and at least one left for each stratum to come.
    const next = Math.min(Math.max(Math.round(end), first + 1), T + 2 - left);
    strata.push({ first, size: next - first });
    first = next;
  }
  return strata;
}
