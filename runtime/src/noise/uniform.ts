import type { NoiseKey } from './key.js';
import { eachPiece } from './words.js';

/** Fills `out` with independent uniforms on [0, 1), multiples of 2^-24; element e is a pure function of (key, e). */
export function uniforms(out: Float32Array, key: NoiseKey): Float32Array {
  each(out.length, key, (i, word) => (out[i] = (word >>> 8) * 2 ** -24));
  return out;
}

/**
 * Fills `out` with independent integers, uniform on 0 .. bound - 1 (to within bound / 2^32).
 *
 * @throws RangeError if `bound` is not an integer from 1 to 2^31.
 */
export function integers(out: Int32Array, bound: number, key: NoiseKey): Int32Array {
  if (!(Number.isInteger(bound) && bound >= 1 && bound <= 2 ** 31)) {
    throw new RangeError(`bound is ${bound}; expected an integer from 1 to ${2 ** 31}.`);
  }
  each(out.length, key, (i, word) => (out[i] = Math.floor(word * (bound * 2 ** -32))));
  return out;
}

/** Fills `out` with -1 and +1, each with probability 1/2 (Rademacher). */
export function rademachers(out: Float32Array, key: NoiseKey): Float32Array {
  each(out.length, key, (i, word) => (out[i] = word >>> 31 ? -1 : 1));
  return out;
}

/** A uniformly drawn permutation of 0 .. n - 1 (Fisher-Yates). */
export function permutation(n: number, key: NoiseKey): Int32Array {
  const order = Int32Array.from({ length: n }, (_, i) => i);
  each(n, key, (i, word) => {
    const j = i + Math.floor(word * ((n - i) * 2 ** -32));
    [order[i], order[j]] = [order[j]!, order[i]!];
  });
  return order;
}

function each(n: number, key: NoiseKey, take: (i: number, word: number) => void): void {
  eachPiece(n, key, (words, from) => {
    const end = Math.min(words.length, n - from);
    for (let i = 0; i < end; i++) take(from + i, words[i]!);
  });
}
