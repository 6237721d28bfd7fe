import type { FloatArray } from '../sampling/float-array.js';

/**
 * Spherical interpolation between two draws of noise, sample by sample: sin((1 - t) theta) / sin(theta) a + sin(t theta) /
 * sin(theta) b, theta being the angle between them (Shoemake, "Animating rotation with quaternion curves", 1985; Song et
 * al., DDIM, 2021, appendix D.5). Unlike a straight line it keeps the length that noise has.
 *
 * @param a [count, ...shape]
 * @param b of the size of a
 * @param t 0 gives a, 1 gives b
 * @param count samples in each; 1 by default
 * @throws RangeError if the sizes do not fit
 */
export function slerp(a: FloatArray, b: FloatArray, t: number, count = 1): Float32Array {
  if (a.length !== b.length)
    throw new RangeError(`The two draws have ${a.length} and ${b.length} numbers; expected as many.`);
  const size = a.length / count;
  if (!Number.isInteger(size)) throw new RangeError(`${a.length} numbers are not ${count} samples.`);
  const out = new Float32Array(a.length);
  for (let i = 0; i < a.length; i += size) {
    const [u, v] = [a.subarray(i, i + size), b.subarray(i, i + size)];
    const cosine = dot(u, v) / Math.sqrt(dot(u, u) * dot(v, v));
    const theta = Math.acos(Math.min(Math.max(cosine, -1), 1));
    // Draws along one line have no arc between them.
    const [onU, onV] =
      Math.sin(theta) > 1e-6
        ? [Math.sin((1 - t) * theta) / Math.sin(theta), Math.sin(t * theta) / Math.sin(theta)]
        : [1 - t, t];
    for (let j = 0; j < size; j++) out[i + j] = onU * u[j]! + onV * v[j]!;
  }
  return out;
}

const dot = (u: FloatArray, v: FloatArray): number => {
  let sum = 0;
  for (let i = 0; i < u.length; i++) sum += u[i]! * v[i]!;
  return sum;
};
