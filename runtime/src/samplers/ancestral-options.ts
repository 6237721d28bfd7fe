import { checkNotNegative } from './check-not-negative.js';
import type { LevelOptions } from './level-options.js';

/** What the samplers that add noise to each step have in common. */
export interface AncestralOptions extends LevelOptions {
  /** How much noise: 0 is deterministic, 1 (default) is that of the reverse SDE. */
  eta?: number | undefined;
  /** The standard deviation of the noise, against what eta says; 1 by default. */
  sNoise?: number | undefined;
}

/** @throws RangeError if one is negative */
export function ancestralOptions({ eta = 1, sNoise = 1 }: AncestralOptions): { eta: number; sNoise: number } {
  checkNotNegative('eta', eta);
  checkNotNegative('sNoise', sNoise);
  return { eta, sNoise };
}
