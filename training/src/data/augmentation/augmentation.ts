import type { HostTensor, StepRandom } from '../../objectives/objective.js';
import { flipImages } from './flip.js';
import { shiftImages } from './shift.js';

/** Changes the images x [B, H, W, C] of a step at random: a function of x, the seed, the step and the row alone. */
export type Augmentation = (x: HostTensor, random: StepRandom) => HostTensor;

export interface AugmentationOptions {
  /** Whether each image is mirrored left to right with probability 1/2; not by default. */
  readonly flip?: boolean;
  /** Pixels by which each image is moved at most, down and across, its border rows repeated; 0 by default. */
  readonly shift?: number;
}

/** The augmentations asked for, one after the other; x itself where there is none. */
export function augmentation({ flip = false, shift = 0 }: AugmentationOptions): Augmentation {
  return (x, random) => {
    const flipped = flip ? flipImages(x, random) : x;
    return shift > 0 ? shiftImages(flipped, shift, random) : flipped;
  };
}
