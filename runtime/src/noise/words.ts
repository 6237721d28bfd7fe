import { checkKey, type NoiseKey } from './key.js';
import { threefry4x32 } from './threefry.js';

const piece = new Uint32Array(1024);

/**
 * Hands `take` the random words of elements 0 to n - 1 of a sequence, a piece at a time: word i of a piece is that of
 * element `from` + i. Pieces begin and end at multiples of 4, so the last may go beyond n. The array is used again for
 * the next piece and for the next sequence.
 *
 * @throws RangeError if a number of the key is out of its range.
 */
export function eachPiece(n: number, key: NoiseKey, take: (words: Uint32Array, from: number) => void): void {
  checkKey(key);
  const { seed, sample = 0, step = 0, stream = 0 } = key;
  for (let from = 0; from < n; from += piece.length) {
    const words = piece.subarray(0, Math.min(piece.length, 4 * Math.ceil((n - from) / 4)));
    threefry4x32(words, from / 4, step, sample, stream, seed, Math.floor(seed / 2 ** 32), 0, 0);
    take(words, from);
  }
}
