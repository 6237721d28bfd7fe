/**
 * `count` rows spread evenly over all of them, or all where they are fewer. The first rows alone would not do for
 * MNIST: the first half of its test digits is the easier one.
 *
 * @param rows row-major [n, width]
 */
export function spreadRows<T extends Float32Array | Uint8Array>(rows: T, width: number, count: number): T {
  const available = rows.length / width;
  if (count >= available) return rows;
  // Not the constructor of `rows`: bytes from a file are a Buffer, whose constructor warns of itself.
  const Values = rows instanceof Float32Array ? Float32Array : Uint8Array;
  const picked = new Values(count * width) as T;
  for (let i = 0; i < count; i++) {
    const row = Math.floor((i * available) / count);
    picked.set(rows.subarray(row * width, (row + 1) * width), i * width);
  }
  return picked;
}
