import { spreadRows } from '../evaluation/spread-rows.js';

/** So many of the digits, spread evenly over them, [count, 28, 28] in [-1, 1]. */
export const spreadDigits = (images: Uint8Array, count: number): Float32Array =>
  Float32Array.from(spreadRows(images, 28 * 28, count), (pixel) => pixel / 127.5 - 1);
