import type { Process } from '../card/model-card.js';
import type { Level } from '../process/level.js';

/**
 * Which noise levels a sampler visits, the noisiest first. A function with its own options makes one.
 *
 * @param steps how many; the process's own number by default
 * @throws RangeError if there cannot be so many
 */
export type Spacing = (process: Process, steps?: number) => Level[];
