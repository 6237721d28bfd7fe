import type { ImageSet } from './dataset.js';

/**
 * Parts the last `count` images from the others, without copying.
 *
 * @throws RangeError unless at least one image is left
 */
export function holdOut(
  data: ImageSet,
  count: number,
): { readonly training: ImageSet; readonly heldOut: ImageSet } {
  if (!(Number.isSafeInteger(count) && count > 0 && count < data.count))
    throw new RangeError(
      `${count} images cannot be held out of ${data.count}: expected at least 1 and fewer than there are.`,
    );
  const size = data.images.length / data.count;
  const part = (from: number, to: number): ImageSet => ({
    ...data,
    images: data.images.subarray(from * size, to * size),
    ...(data.labels && { labels: data.labels.subarray(from, to) }),
    count: to - from,
  });
  const at = data.count - count;
  return { training: part(0, at), heldOut: part(at, data.count) };
}
