// One number to look at as a float32 and as its bits.
const float = new Float32Array(1);
const bits = new Uint32Array(float.buffer);

/** The bits of the nearest float16, a half to the even one; beyond 65,504 infinity. */
export function toHalf(values: ArrayLike<number>): Uint16Array {
  return Uint16Array.from(values, (value) => {
    float[0] = Math.abs(value);
    const magnitude = bits[0]!;
    const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0;
    if (magnitude > 0x7f800000) return 0x7e00;
    // From 65,520, half of the last step above the largest.
    if (magnitude >= 0x477ff000) return sign | 0x7c00;
    if (magnitude < 0x38800000) {
      // Below 2^-14 the steps are even, of 2^-24: adding 1/2, whose own step in float32 is that, rounds to one.
      float[0] = float[0] + 0.5;
      return sign | (bits[0]! - 0x3f000000);
    }
    // 13 bits fewer and another bias of the exponent; the carry of rounding moves on into the exponent.
    const odd = (magnitude >>> 13) & 1;
    return sign | ((magnitude - 0x38000000 + 0xfff + odd) >>> 13);
  });
}

/** What float16 bits stand for; also of an array of float16 numbers, where the engine has those. */
export function fromHalf(data: ArrayLike<number> & ArrayBufferView): Float32Array {
  const halves = new Uint16Array(data.buffer, data.byteOffset, data.length);
  return Float32Array.from(halves, (half) => {
    const [exponent, fraction] = [(half >>> 10) & 31, half & 1023];
    const sign = half & 0x8000 ? -1 : 1;
    if (exponent === 31) return fraction ? NaN : sign * Infinity;
    return sign * (exponent ? (1 + fraction / 1024) * 2 ** (exponent - 15) : fraction * 2 ** -24);
  });
}
