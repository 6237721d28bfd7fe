import { exponential } from './exponential.js';
import type { Spacing } from './spacing.js';
import { trailing } from './trailing.js';

/**
 * Levels evenly by index from the noisiest on of a vp process, which has many, and by the logarithm of sigma of a ve process.
 * Of few steps `trailing` takes fewer than `linspace` where the network has little left to say: on digits it draws better
 * ones with every sampler (`npm run bench:samplers`).
 */
export const defaultSpacing: Spacing = (process, steps) =>
  (process.kind === 'vp' ? trailing() : exponential())(process, steps);
