import type { Parametrisation } from '../card/model-card.js';
import type { Level } from '../process/level.js';
import type { FloatArray } from '../sampling/float-array.js';
import { type Posterior, posterior } from '../process/posterior.js';

/** An affine map (x, y) -> onX x + onY y. */
export type Affine = readonly [onX: number, onY: number];

/**
 * The one conversion between what networks predict. With x = a x_0 + s eps (a: scale, s: sigma):
 * eps; x_0 and the denoiser D = E[x_0 | x], which are the same; v = a eps - s x_0 (Salimans and Ho 2022);
 * score = -eps / s; mu, the posterior mean of the previous level of the model's chain. Each is affine in (x, any other).
 *
 * @returns coefficients with which to = onX x + onY from.
 */
export function conversion(from: Parametrisation, to: Parametrisation, level: Level): Affine {
  if (from === to) return [0, 1];
  const [xToX0, fromToX0] = toX0(from, level);
  const [xToTarget, x0ToTarget] = fromX0(to, level);
  return [xToTarget + x0ToTarget * xToX0, x0ToTarget * fromToX0];
}

/**
 * Writes `prediction` of `x`, both [batch, ...shape] at one level, as `to` into `out`, which may be either of them.
 *
 * @returns `out`.
 */
export function convert<A extends FloatArray>(
  out: A,
  x: FloatArray,
  prediction: FloatArray,
  from: Parametrisation,
  to: Parametrisation,
  level: Level,
): A {
  const [onX, onY] = conversion(from, to, level);
  for (let i = 0; i < out.length; i++) out[i] = onX * x[i]! + onY * prediction[i]!;
  return out;
}

function toX0(from: Parametrisation, level: Level): Affine {
  const { scale: a, sigma: s } = level;
  switch (from) {
    case 'x0':
    case 'denoiser':
      return [0, 1];
    case 'eps':
      return [1 / a, -s / a];
    case 'v':
      return [a / (a * a + s * s), -s / (a * a + s * s)];
    case 'score':
      return [1 / a, (s * s) / a];
    case 'mu': {
      const { onX, onX0 } = stepOf(level);
      return [-onX / onX0, 1 / onX0];
    }
  }
}

function fromX0(to: Parametrisation, level: Level): Affine {
  const { scale: a, sigma: s } = level;
  switch (to) {
    case 'x0':
    case 'denoiser':
      return [0, 1];
    case 'eps':
      return [1 / s, -a / s];
    case 'v':
      return [a / s, -(a * a) / s - s];
    case 'score':
      return [-1 / (s * s), a / (s * s)];
    case 'mu': {
      const { onX, onX0 } = stepOf(level);
      return [onX, onX0];
    }
  }
}

/** @throws RangeError if the level is not one of the model's own, with a step of its chain below it */
function stepOf(level: Level): Posterior {
  if (level.previous) return posterior(level, level.previous);
  throw new RangeError(
    `A model that predicts mu has none at level ${level.level}, which is not its own: take a spacing of its own levels, such as linspace().`,
  );
}
