import type { FloatArray } from './float-array.js';

/** Classifier-free guidance, beyond its weight. */
export interface GuidanceOptions {
  /** Weight w; 0 is none. */
  readonly w: number;
  /**
   * The least and the largest level, as the network is told them, at which samples are guided (Kynkaanniemi et al.,
   * "Applying guidance in a limited interval improves sample and distribution quality in diffusion models", 2024). Outside
   * of it the unlabelled half is not computed.
   */
  readonly interval?: readonly [number, number] | undefined;
  /**
   * In [0, 1]: how far a guided prediction is brought back to the standard deviation that the labelled one has over a
   * sample (Lin et al., "Common diffusion noise schedules and sample steps are flawed", 2023, equations 15 and 16). 0, the
   * default, leaves it.
   */
  readonly rescale?: number | undefined;
}

/** Guidance with every option filled in. */
export interface Guidance {
  readonly w: number;
  readonly interval: readonly [number, number];
  readonly rescale: number;
}

/** @throws RangeError if a number is out of range */
export function guidanceOf(options: number | GuidanceOptions = 0): Guidance {
  const {
    w,
    interval = [-Infinity, Infinity],
    rescale = 0,
  } = typeof options === 'number' ? { w: options } : options;
  if (!Number.isFinite(w)) throw new RangeError(`guidance is ${w}; expected a finite number.`);
  if (!(interval[0] <= interval[1]))
    throw new RangeError(
      `The interval of guidance is ${interval.join(' to ')}; expected the smaller level first.`,
    );
  if (!(rescale >= 0 && rescale <= 1))
    throw new RangeError(`rescale is ${rescale}; expected a number from 0 to 1.`);
  return { w, interval, rescale };
}

/**
 * The guided half of predictions of a doubled batch, the labelled samples first: (1 + w) labelled - w unlabelled, in place
 * of the labelled.
 *
 * @param batch samples of one half
 * @param weights w of each sample, or one for all
 */
export function mix<A extends FloatArray>(
  both: A,
  batch: number,
  { weights, rescale }: { weights: readonly number[]; rescale: number },
): A {
  const n = both.length / 2;
  const mixed = both.subarray(0, n) as A;
  const size = n / batch;
  for (let b = 0; b < batch; b++) {
    const w = weights[b % weights.length]!;
    const sample = mixed.subarray(b * size, (b + 1) * size);
    const labelled = rescale > 0 ? deviation(sample) : 1;
    for (let i = 0; i < size; i++) sample[i] = (1 + w) * sample[i]! - w * both[n + b * size + i]!;
    const guided = rescale > 0 ? deviation(sample) : 1;
    if (guided === labelled || guided === 0) continue;
    const factor = rescale * (labelled / guided) + 1 - rescale;
    for (let i = 0; i < size; i++) sample[i]! *= factor;
  }
  return mixed;
}

/** Standard deviation over the values of one sample. */
function deviation(values: FloatArray): number {
  let sum = 0;
  let squares = 0;
  for (const value of values) {
    sum += value;
    squares += value * value;
  }
  const mean = sum / values.length;
  return Math.sqrt(Math.max(0, squares / values.length - mean * mean));
}
