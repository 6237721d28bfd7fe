/**
 * Threefry 4x32-20 (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011): four random 32-bit words as
 * a pure function of a 128-bit counter (c0..c3) and a 128-bit key (k0..k3), for c0, c0 + 1, ... as many as `out` has
 * room for.
 *
 * Of the paper's generators the one for JavaScript: additions, rotations and exclusive ors of 32-bit words alone, a fifth
 * of the time of Philox 4x32-10, whose 64-bit products have to be put together from 16-bit halves here.
 *
 * @param out its length is a multiple of 4.
 */
export function threefry4x32(
  out: Uint32Array,
  c0: number,
  c1: number,
  c2: number,
  c3: number,
  k0: number,
  k1: number,
  k2: number,
  k3: number,
): void {
  c0 |= 0;
  c1 |= 0;
  c2 |= 0;
  c3 |= 0;
  k0 |= 0;
  k1 |= 0;
  k2 |= 0;
  k3 |= 0;
  let k4 = 0x1bd11bda ^ k0 ^ k1 ^ k2 ^ k3;
  for (let i = 0; i < out.length; i += 4) {
    let x0 = (c0 + (i >>> 2) + k0) | 0;
    let x1 = (c1 + k1) | 0;
    let x2 = (c2 + k2) | 0;
    let x3 = (c3 + k3) | 0;
    for (let group = 1; group <= 5; group++) {
      // Four rounds; the distances of rotation repeat after eight.
      if (group & 1) {
        x0 = (x0 + x1) | 0;
        x1 = rotate(x1, 10) ^ x0;
        x2 = (x2 + x3) | 0;
        x3 = rotate(x3, 26) ^ x2;

        x0 = (x0 + x3) | 0;
        x3 = rotate(x3, 11) ^ x0;
        x2 = (x2 + x1) | 0;
        x1 = rotate(x1, 21) ^ x2;

        x0 = (x0 + x1) | 0;
        x1 = rotate(x1, 13) ^ x0;
        x2 = (x2 + x3) | 0;
        x3 = rotate(x3, 27) ^ x2;

        x0 = (x0 + x3) | 0;
        x3 = rotate(x3, 23) ^ x0;
        x2 = (x2 + x1) | 0;
        x1 = rotate(x1, 5) ^ x2;
      } else {
        x0 = (x0 + x1) | 0;
        x1 = rotate(x1, 6) ^ x0;
        x2 = (x2 + x3) | 0;
        x3 = rotate(x3, 20) ^ x2;

        x0 = (x0 + x3) | 0;
        x3 = rotate(x3, 17) ^ x0;
        x2 = (x2 + x1) | 0;
        x1 = rotate(x1, 11) ^ x2;

        x0 = (x0 + x1) | 0;
        x1 = rotate(x1, 25) ^ x0;
        x2 = (x2 + x3) | 0;
        x3 = rotate(x3, 10) ^ x2;

        x0 = (x0 + x3) | 0;
        x3 = rotate(x3, 18) ^ x0;
        x2 = (x2 + x1) | 0;
        x1 = rotate(x1, 20) ^ x2;
      }
      // The key turns by a word, so that it is back where it was after the five groups, and is added again.
      const first = k0;
      k0 = k1;
      k1 = k2;
      k2 = k3;
      k3 = k4;
      k4 = first;
      x0 = (x0 + k0) | 0;
      x1 = (x1 + k1) | 0;
      x2 = (x2 + k2) | 0;
      x3 = (x3 + k3 + group) | 0;
    }
    out[i] = x0;
    out[i + 1] = x1;
    out[i + 2] = x2;
    out[i + 3] = x3;
  }
}

const rotate = (word: number, by: number): number => (word << by) | (word >>> (32 - by));
