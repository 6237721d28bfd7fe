import type { Bitmap } from './bitmap.js';
import { grid, type GridOptions } from './grid.js';
import type { ImageBatch } from './image-batch.js';

/**
 * Draws how samples form: a row for each sample, a column for each step, noise on the left.
 *
 * @param steps the same samples at successive steps, all of one shape and range
 * @throws RangeError when there is no step, the shapes differ, or a batch cannot be drawn
 */
export function denoisingStrip(
  steps: readonly ImageBatch[],
  options: Omit<GridOptions, 'columns'> = {},
): Bitmap {
  const first = steps[0];
  if (!first) throw new RangeError('A denoising strip needs at least one step, found none.');
  const [count, height, width, channels] = first.shape;
  const size = height * width * channels;
  const data = new Float32Array(count * steps.length * size);
  steps.forEach((step, column) => {
    if (step.shape.join() !== first.shape.join())
      throw new RangeError(
        `All steps of a strip need one shape: step 0 has [${first.shape.join(', ')}], step ${column} [${step.shape.join(', ')}].`,
      );
    for (let sample = 0; sample < count; sample++)
      data.set(
        step.data.subarray(sample * size, (sample + 1) * size),
        (sample * steps.length + column) * size,
      );
  });
  const shape = [count * steps.length, height, width, channels] as const;
  return grid({ data, shape, range: first.range }, { ...options, columns: steps.length });
}
