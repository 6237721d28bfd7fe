/** IEEE 754 half precision, as the bits of 16-bit numbers. */

let table: Float32Array | undefined;

function value(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 31) return fraction ? NaN : sign * Infinity;
  return sign * (exponent === 0 ? fraction * 2 ** -24 : (1024 + fraction) * 2 ** (exponent - 25));
}

/** Writes the numbers that half-precision bits stand for into an array of the same length. */
export function halfToSingle(bits: Uint16Array, out: { [index: number]: number }): void {
  table ??= Float32Array.from({ length: 65536 }, (_, i) => value(i));
  for (let i = 0; i < bits.length; i++) out[i] = table[bits[i]!]!;
}

const single = new Float32Array(1);
const singleBits = new Uint32Array(single.buffer);

/** The bits of the half-precision number next to x, ties to even; numbers beyond 65504 become the largest there is. */
export function toHalf(x: number): number {
  single[0] = x;
  const bits = singleBits[0]!;
  const sign = (bits >>> 16) & 0x8000;
  const magnitude = bits & 0x7fffffff;
  if (magnitude > 0x7f800000) return sign | 0x7e00;
  if (magnitude === 0x7f800000) return sign | 0x7c00;
  if (magnitude >= 0x477ff000) return sign | 0x7bff;
  const exponent = magnitude >>> 23;
  // 13 bits are dropped of a normal number; of a subnormal one, as many more as it is below 2^-14.
  const shift = exponent < 113 ? Math.min(126 - exponent, 31) : 13;
  const whole = exponent < 113 ? (magnitude & 0x7fffff) | 0x800000 : magnitude - (112 << 23);
  const kept = exponent < 102 ? 0 : Math.floor(whole / 2 ** shift);
  const rest = whole - kept * 2 ** shift;
  const tie = 2 ** (shift - 1);
  const up = exponent >= 102 && (rest > tie || (rest === tie && (kept & 1) === 1)) ? 1 : 0;
  return sign | (kept + up);
}
