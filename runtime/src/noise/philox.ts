const M0 = 0xd2511f53;
const M1 = 0xcd9e8d57;
const W0 = 0x9e3779b9;
const W1 = 0xbb67ae85;
const M0_LOW = M0 & 0xffff;
const M0_HIGH = M0 >>> 16;
const M1_LOW = M1 & 0xffff;
const M1_HIGH = M1 >>> 16;

/**
 * Philox 4x32-10 (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011): four random 32-bit words as a
 * pure function of a 128-bit counter (c0..c3) and a 64-bit key (k0, k1).
 *
 * @param out receives the four words, at indices 0 to 3.
 */
export function philox4x32(
  out: Uint32Array,
  c0: number,
  c1: number,
  c2: number,
  c3: number,
  k0: number,
  k1: number,
): void {
  c0 |= 0;
  c1 |= 0;
  c2 |= 0;
  c3 |= 0;
  k0 |= 0;
  k1 |= 0;
  for (let round = 0; round < 10; round++) {
    // The high words of c0 * M0 and c2 * M1 from 16-bit halves; each sum stays below 2^32, so |0 loses nothing.
    const low0 = c0 & 0xffff;
    const high0 = c0 >>> 16;
    const middle0 = (Math.imul(high0, M0_LOW) + (Math.imul(low0, M0_LOW) >>> 16)) | 0;
    const carry0 = (Math.imul(low0, M0_HIGH) + (middle0 & 0xffff)) | 0;
    const hi0 = (Math.imul(high0, M0_HIGH) + (middle0 >>> 16) + (carry0 >>> 16)) | 0;
    const low2 = c2 & 0xffff;
    const high2 = c2 >>> 16;
    const middle2 = (Math.imul(high2, M1_LOW) + (Math.imul(low2, M1_LOW) >>> 16)) | 0;
    const carry2 = (Math.imul(low2, M1_HIGH) + (middle2 & 0xffff)) | 0;
    const hi2 = (Math.imul(high2, M1_HIGH) + (middle2 >>> 16) + (carry2 >>> 16)) | 0;
    const lo0 = Math.imul(c0, M0);
    const lo2 = Math.imul(c2, M1);
    c0 = hi2 ^ c1 ^ k0;
    c1 = lo2;
    c2 = hi0 ^ c3 ^ k1;
    c3 = lo0;
    k0 = (k0 + W0) | 0;
    k1 = (k1 + W1) | 0;
  }
  out[0] = c0;
  out[1] = c1;
  out[2] = c2;
  out[3] = c3;
}
