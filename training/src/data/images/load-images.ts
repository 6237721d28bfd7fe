import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { checkMemory } from '../check-memory.js';
import type { ImageSet, LoadDataOptions } from '../dataset.js';
import { decodeImage, type ImageForm } from './decode-image.js';
import { findImages } from './find-images.js';

/** Images that are left out and named. */
const NAMED = 10;

export interface LoadImagesOptions
  extends ImageForm, Pick<LoadDataOptions, 'signal' | 'note' | 'onProgress'> {
  /** Whether an image that cannot be used is left out, and named, or is refused. */
  readonly broken: 'skip' | 'refuse';
  /** Whether the folders in the folder are the classes of the images below them. */
  readonly labelled: boolean;
  /** Bytes of free memory; found out by default. */
  readonly memory?: number;
}

/**
 * Decodes the images of a folder, in the order of their names. Besides the result it takes the memory of as many images
 * as there are cores.
 *
 * @throws Error in one sentence where there are no images that can be used, or more than fit into memory, or, if it is so
 *   asked, where one cannot be used; the signal's reason
 */
export async function loadImages(folder: string, options: LoadImagesOptions): Promise<ImageSet> {
  const { height, width, channels, broken, labelled, signal, note, onProgress, memory } = options;
  const { files, labels } = await findImages(folder, { labelled, signal });
  const size = height * width * channels;
  checkMemory(
    {
      what: `${files.length} images of ${height} x ${width} x ${channels}`,
      size: files.length * size,
      valueBytes: 1,
      advice: 'choose a smaller images.height and images.width, or fewer images',
    },
    memory,
  );

  note?.(`Decoding the ${files.length} images in ${folder} to ${height} x ${width} x ${channels}`);
  const images = new Uint8Array(files.length * size);
  const reasons = new Map<number, string>();
  let next = 0;
  let done = 0;
  const decodeInTurn = async () => {
    while (next < files.length) {
      signal?.throwIfAborted();
      const i = next++;
      try {
        images.set(await decodeImage(join(folder, files[i]!), options), i * size);
      } catch (error) {
        const [reason = ''] = (error as Error).message.trim().split('\n');
        if (broken === 'refuse') {
          next = files.length;
          throw new Error(
            `The image ${files[i]} in ${folder} cannot be used (${reason}): remove it, or leave it out with images.broken=skip.`,
            { cause: error },
          );
        }
        reasons.set(i, reason);
      }
      onProgress?.(++done, files.length);
    }
  };
  // sharp decodes on threads of its own; what is in flight bounds the memory.
  await Promise.all(Array.from({ length: availableParallelism() }, decodeInTurn));

  const kept = files.flatMap((_, i) => (reasons.has(i) ? [] : [i]));
  const named = [...reasons].sort(([a], [b]) => a - b).map(([i, reason]) => `${files[i]} (${reason})`);
  if (kept.length === 0)
    throw new Error(`None of the ${files.length} images in ${folder} can be used; the first is ${named[0]}.`);
  if (named.length > 0)
    note?.(
      `Left out ${named.length} of ${files.length} images: ${named.slice(0, NAMED).join(', ')}` +
        (named.length > NAMED ? ` and ${named.length - NAMED} more` : ''),
    );
  kept.forEach((from, to) => images.copyWithin(to * size, from * size, (from + 1) * size));
  return {
    images: images.subarray(0, kept.length * size),
    ...(labels && { labels: Int32Array.from(kept, (i) => labels[i]!) }),
    count: kept.length,
    shape: [height, width, channels],
  };
}
