import type { Marginal } from './level.js';
import { noiseRatio } from './noise-ratio.js';

/** Where a level is on the way from data, 0, to noise, pi / 2: phi of x / length = cos(phi) x_0 + sin(phi) eps. */
export const angleOf = (level: Marginal): number => Math.atan(noiseRatio(level));

/** Makes x of a ve process x of a vp process, which it is but for this factor. */
export const lengthOf = ({ scale, sigma }: Marginal): number => Math.hypot(scale, sigma);
