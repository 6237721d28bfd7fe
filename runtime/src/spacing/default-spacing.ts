import { exponential } from './exponential.js';
import { linspace } from './linspace.js';
import type { Spacing } from './spacing.js';

/** The levels evenly by index of a vp process, which has many, and by the logarithm of sigma of a ve process. */
export const defaultSpacing: Spacing = (process, steps) =>
  (process.kind === 'vp' ? linspace() : exponential())(process, steps);
