import type { NoiseKey } from '../noise/key.js';
import { uniforms } from '../noise/uniform.js';

/** Bytes as points of a continuous density. */
export interface Dequantised {
  /** Of the bytes' length. */
  readonly x: Float32Array;
  /** The width of a byte's bin, in x's units: log P(byte) >= E[log p(x)] + log width, a number. */
  readonly width: number;
}

/**
 * Uniform dequantisation (Theis et al., "A note on the evaluation of generative models", 2016, section 3.1): each byte
 * becomes a uniform point of a bin of its own, whose middle is where training has the byte, 0 at `low` and 255 at `high`.
 *
 * @param key of one sample, whose bytes these are
 */
export function dequantise(
  bytes: Uint8Array,
  [low, high]: readonly [number, number],
  key: NoiseKey,
): Dequantised {
  const width = (high - low) / 255;
  const u = uniforms(new Float32Array(bytes.length), key);
  return { x: u.map((share, i) => low + width * (bytes[i]! + share - 0.5)), width };
}
