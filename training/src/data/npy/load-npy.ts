import { readNpy } from '../../images/npy.js';
import { checkMemory } from '../check-memory.js';
import type { ImageSet, LoadDataOptions } from '../dataset.js';
import { findNpy, PIXEL_TYPES } from './find-npy.js';

export interface LoadNpyOptions extends Pick<LoadDataOptions, 'signal' | 'onProgress'> {
  readonly labelled: boolean;
  /** What float32 values must lie in. */
  readonly valueRange: readonly [number, number];
  /** Bytes of free memory; found out by default. */
  readonly memory?: number;
}

/**
 * Reads images from a `.npy` file, and their labels where they are asked for. Bytes stay bytes, float32 stays float32.
 *
 * @param at as `findNpy` has it
 * @throws Error in one sentence where a file cannot be used, does not fit into memory, or holds a value that is not
 *   finite or outside the value range; the signal's reason
 */
export async function loadNpy(
  at: string,
  { labelled, valueRange: [low, high], signal, onProgress, memory }: LoadNpyOptions,
): Promise<ImageSet> {
  const { path, header, count, shape, labels } = await findNpy(at, { labelled });
  const { size, valueBytes } = header;
  checkMemory(
    { what: `The values of ${path}`, size, valueBytes, advice: 'save fewer images, smaller ones, or uint8' },
    memory,
  );
  const { data: images } = await readNpy(path, PIXEL_TYPES, { signal, onProgress });
  if (images instanceof Float32Array) {
    // The ends of the range as float32 has them.
    const [least, most] = [Math.fround(low), Math.fround(high)];
    const wrong = images.findIndex((value) => !(value >= least && value <= most));
    if (wrong !== -1)
      throw new Error(
        `${path} holds ${images[wrong]} in image ${Math.floor(wrong / (size / count))}; ` +
          `expected values from ${low} to ${high}, the run's value range.`,
      );
  }
  return { images, ...(labels && { labels }), count, shape };
}
