import type { Level } from '../../process/level.js';
import type { FloatArray } from '../../sampling/float-array.js';
import type { Transition } from '../level-options.js';
import type { Chain } from '../sampler.js';

/** The score at the chain's x; the array holds until the next network call. */
export type Score = (chain: Chain, level: Level) => Promise<FloatArray>;

/** Moves the chain's x at one level, `from` of the transition, so that its law is nearer to that level's. */
export type Corrector = (chain: Chain, transition: Transition, score: Score) => Promise<void>;
