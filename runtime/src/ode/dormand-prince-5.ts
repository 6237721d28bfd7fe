import { rmsNorm } from './rms-norm.js';
import type { RungeKuttaMethod } from './runge-kutta-method.js';

/** The fifth order's weights less the fourth's; the last is of the derivative at the end of the step. */
const ERROR = [-71 / 57600, 0, 71 / 16695, -71 / 1920, 17253 / 339200, -22 / 525, 1 / 40];

/**
 * Dormand and Prince's method of order 5 with an error of order 4, six evaluations a step (Dormand and Prince, "A family of
 * embedded Runge-Kutta formulae", 1980, RK5(4)7M; scipy: RK45).
 */
export const dormandPrince5: RungeKuttaMethod = {
  errorOrder: 4,
  nodes: [0, 1 / 5, 3 / 10, 4 / 5, 8 / 9, 1],
  matrix: [
    [],
    [1 / 5],
    [3 / 40, 9 / 40],
    [44 / 45, -56 / 15, 32 / 9],
    [19372 / 6561, -25360 / 2187, 64448 / 6561, -212 / 729],
    [9017 / 3168, -355 / 33, 46732 / 5247, 49 / 176, -5103 / 18656],
  ],
  weights: [35 / 384, 0, 500 / 1113, 125 / 192, -2187 / 6784, 11 / 84],
  errorNorm: (h, stages, scale) => h * rmsNorm(ERROR, stages, scale),
};
