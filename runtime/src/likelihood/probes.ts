import type { NoiseKey } from '../noise/key.js';
import { normals } from '../noise/normal.js';
import { rademachers } from '../noise/uniform.js';
import { checkSteps } from '../schedules/check.js';

/** Vectors v_1, v_2, ... with which weight * sum_k v_k' J v_k is the trace of J: for each draw of them, or on average. */
export interface Probes {
  /** How many there are where a sample has `size` numbers. */
  count(size: number): number;
  readonly weight: number;
  /** Fills `out`, one vector, with v_k of the sample that the key names. */
  fill(out: Float32Array, k: number, key: NoiseKey): void;
}

export interface HutchinsonOptions {
  /** Vectors a sample; 1 by default. The variance of the estimate falls as 1 / probes, and its cost grows as they do. */
  probes?: number | undefined;
  /** `rademacher` (the default), whose variance is that of J's off-diagonal part alone, or `gaussian`. */
  law?: 'rademacher' | 'gaussian' | undefined;
}

/**
 * Hutchinson's estimator of a trace, E[v' J v] for E[v v'] = I (Hutchinson, "A stochastic estimator of the trace of the
 * influence matrix for Laplacian smoothing splines", 1990). A sample keeps its vectors all along the ODE, as in FFJORD
 * (Grathwohl et al., 2019), so that what is integrated is smooth.
 *
 * @throws RangeError if `probes` is not a positive integer or `law` is another
 */
export function hutchinson({ probes = 1, law = 'rademacher' }: HutchinsonOptions = {}): Probes {
  checkSteps('probes', probes);
  const draw = { rademacher: rademachers, gaussian: normals }[law];
  if (!draw) throw new RangeError(`law is ${String(law)}; expected 'rademacher' or 'gaussian'.`);
  return {
    count: () => probes,
    weight: 1 / probes,
    fill: (out, k, key) => void draw(out, { ...key, step: k }),
  };
}

/** The trace itself, by a vector along each dimension: exact, for `size` times the cost of one probe. */
export function exactTrace(): Probes {
  return {
    count: (size) => size,
    weight: 1,
    fill(out, k) {
      out.fill(0);
      out[k] = 1;
    },
  };
}
