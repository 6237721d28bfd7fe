import type { FloatArray } from '../sampling/float-array.js';

/**
 * What becomes of an estimate of x_0 outside the model's value range: it is clipped (true), stays (false), or is clipped at
 * a quantile of each sample's own distances from the middle of the range and divided by it (dynamic thresholding; Saharia
 * et al., "Photorealistic text-to-image diffusion models with deep language understanding", 2022, section 2.3).
 */
export type Clip = boolean | DynamicThreshold;

export interface DynamicThreshold {
  /** In (0, 1]; 0.995 is usual. */
  readonly quantile: number;
  /** The largest threshold, in half ranges; none by default. */
  readonly max?: number;
}

/** @throws RangeError if the quantile or the largest threshold is out of range. */
export function checkClip(clip: Clip): void {
  if (typeof clip === 'boolean') return;
  const { quantile, max = 1 } = clip;
  if (!(quantile > 0 && quantile <= 1))
    throw new RangeError(`quantile is ${quantile}; expected a number above 0 and at most 1.`);
  if (!(max >= 1)) throw new RangeError(`max is ${max}; expected a number of at least 1.`);
}

/** In place, of `batch` samples. */
export function clipX0(
  x0: FloatArray,
  clip: Clip,
  [low, high]: readonly [number, number],
  batch: number,
): void {
  if (clip === true) return clamp(x0, low, high);
  if (clip === false) return;
  const [middle, half] = [(low + high) / 2, (high - low) / 2];
  const size = x0.length / batch;
  for (let i = 0; i < batch; i++) {
    const sample = x0.subarray(i * size, (i + 1) * size);
    const distances = Float64Array.from(sample, (value) => Math.abs(value - middle) / half).sort();
    const threshold = Math.min(Math.max(quantileOf(distances, clip.quantile), 1), clip.max ?? Infinity);
    clamp(sample, middle - threshold * half, middle + threshold * half);
    for (let j = 0; j < size; j++) sample[j] = middle + (sample[j]! - middle) / threshold;
  }
}

/** By linear interpolation between the two nearest of sorted values. */
function quantileOf(sorted: Float64Array, quantile: number): number {
  const at = quantile * (sorted.length - 1);
  const below = Math.floor(at);
  return sorted[below]! + (at - below) * (sorted[Math.min(below + 1, sorted.length - 1)]! - sorted[below]!);
}

// A function of its own, since engines compile the loops of a generator late.
function clamp(values: FloatArray, low: number, high: number): void {
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if (value < low) values[i] = low;
    else if (value > high) values[i] = high;
  }
}
