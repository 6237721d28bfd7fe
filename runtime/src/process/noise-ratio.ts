import type { Marginal } from './level.js';

/** sigma / scale: the noise in units of the data, which is sigma itself of a ve process; 0 of clean data. */
export const noiseRatio = ({ scale, sigma }: Marginal): number => sigma / scale;

/** lambda = log(scale / sigma), half the logarithm of the signal-to-noise ratio; Infinity of clean data. */
export const logSnr = ({ scale, sigma }: Marginal): number => Math.log(scale / sigma);
