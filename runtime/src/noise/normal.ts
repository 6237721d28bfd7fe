import type { NoiseKey } from './key.js';
import { eachPiece } from './words.js';

/** (cos, sin) of an angle and of that angle plus pi/2: cos, -sin; sin, cos. */
const turned = new Float64Array(4);
const SIGN = Float64Array.of(1, -1);
/** 2^(n - 32) for n leading zeros: scales an integer + 1/2 into [1/2, 1). */
const NORMALISE = Float64Array.from({ length: 33 }, (_, n) => 2 ** (n - 32));

/**
 * Fills `out` with independent standard normals, element e being a pure function of (key, e).
 *
 * Box-Muller on 32-bit uniforms, so |z| < 6.77. Logarithm, sine and cosine are evaluated here with additions,
 * multiplications, divisions and square roots alone: `Math.log`, `Math.sin` and `Math.cos` may differ between engines,
 * IEEE 754 arithmetic may not, so the numbers are the same bits everywhere.
 */
export function normals(out: Float32Array, key: NoiseKey): Float32Array {
  eachPiece(out.length, key, (words, from) => boxMuller(out, from, words));
  return out;
}

/** Two normals from each two words, to `out` from `from` on, as far as it goes. */
function boxMuller(out: Float32Array, from: number, words: Uint32Array): void {
  const n = Math.min(words.length, out.length - from);
  for (let i = 0; i < n; i += 2) {
    const radius = Math.sqrt(-2 * logUniform(words[i]!));
    const angle = words[i + 1]!;
    // phi in [-pi/4, pi/4] within a quadrant; where angle 0 lies on the circle does not matter.
    const phi = (((angle & 0x3fffffff) + 0.5) * 2 ** -30 - 0.5) * (Math.PI / 2);
    const p = phi * phi;
    // Taylor's series, to 3e-9: a float32 resolves 6e-8.
    const sin = phi * (1 + p * (-1 / 6 + p * (1 / 120 + p * (-1 / 5040 + p * (1 / 362880)))));
    const cos = 1 + p * (-1 / 2 + p * (1 / 24 + p * (-1 / 720 + p * (1 / 40320 + p * (-1 / 3628800)))));
    // Which quadrant it is, is random: looked up, since a processor mispredicts every other such branch.
    const signed = radius * SIGN[angle >>> 31]!;
    const odd = (angle >>> 30) & 1;
    turned[0] = cos;
    turned[1] = -sin;
    turned[2] = sin;
    turned[3] = cos;
    out[from + i] = signed * turned[odd]!;
    if (i + 1 < n) out[from + i + 1] = signed * turned[2 + odd]!;
  }
}

/** log u of u = (k + 1/2) / 2^32, a point of (0, 1), to a relative error of 3e-9. */
function logUniform(k: number): number {
  const zeros = Math.clz32(k);
  const half = (k + 0.5) * NORMALISE[zeros]!;
  const doubled = Number(half < Math.SQRT1_2);
  const m = half * (1 + doubled);
  // log m = 2 artanh((m - 1) / (m + 1)), by its series.
  const s = (m - 1) / (m + 1);
  const q = s * s;
  const series = 1 + q * (1 / 3 + q * (1 / 5 + q * (1 / 7 + q * (1 / 9))));
  return 2 * s * series - (zeros + doubled) * Math.LN2;
}

/**
 * Fills `out`, [count, ...] by rows, with the standard normals of the samples `sample` to `sample` + count - 1: row i is
 * what `normals` gives for sample `sample` + i.
 */
export function normalBatch(out: Float32Array, count: number, key: NoiseKey): Float32Array {
  const size = out.length / count;
  for (let i = 0; i < count; i++) {
    normals(out.subarray(i * size, (i + 1) * size), { ...key, sample: (key.sample ?? 0) + i });
  }
  return out;
}
