import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { type NpyHeader, readNpy, readNpyHeader } from '../../images/npy.js';

export const PIXEL_TYPES = ['|u1', '<f4'] as const;
const LABEL_TYPES = ['<i8', '<i4', '|u1'] as const;

/** Images in a `.npy` file, as its header has them. */
export interface FoundNpy {
  readonly path: string;
  readonly header: NpyHeader<(typeof PIXEL_TYPES)[number]>;
  readonly count: number;
  /** Height, width and channels. */
  readonly shape: readonly [number, number, number];
  /** [count], where labels are asked for. */
  readonly labels?: Int32Array;
  /** One more than the largest label; 0 where labels are not asked for. */
  readonly classes: number;
}

/**
 * Looks at the images in a `.npy` file, [N, H, W] or [N, H, W, C] of uint8 or float32, without reading them.
 *
 * @param at the file, or a folder that holds it as `x.npy` and its labels, [N] of integers from 0 up, as `labels.npy`
 * @param labelled whether the labels are asked for
 * @throws Error in one sentence where a file is missing or cannot be used
 */
export async function findNpy(at: string, { labelled }: { labelled: boolean }): Promise<FoundNpy> {
  const stats = await stat(at).catch((error: NodeJS.ErrnoException) => {
    throw new Error(
      `Cannot read ${at} (${error.code}): name a .npy file, or a folder of x.npy and labels.npy, with --data.`,
      { cause: error },
    );
  });
  const path = stats.isDirectory() ? join(at, 'x.npy') : at;
  const header = await readNpyHeader(path, PIXEL_TYPES);
  const [count, shape] = imagesOf(header.shape, path);
  if (!labelled) return { path, header, count, shape, classes: 0 };
  if (!stats.isDirectory())
    throw new Error(
      `${at} has no labels: name a folder of x.npy and labels.npy with --data, or leave labels out with labels=false.`,
    );
  const labels = await readLabels(join(at, 'labels.npy'), count);
  return { path, header, count, shape, labels, classes: labels.reduce((a, b) => Math.max(a, b)) + 1 };
}

function imagesOf(dims: readonly number[], path: string): [count: number, shape: FoundNpy['shape']] {
  const [count = 0, height = 0, width = 0, channels = 1] = dims;
  const found = `${path} has the shape [${dims.join(', ')}]`;
  if (dims.length !== 3 && dims.length !== 4)
    throw new Error(`${found}; a U-Net learns images: expected [N, H, W] or [N, H, W, C].`);
  if (dims.includes(0)) throw new Error(`${found}; expected at least one image of at least one pixel.`);
  if ((height === 1 || height === 3) && width === channels && width > 4)
    throw new Error(`${found}, which looks like channels first: save it with x.transpose(0, 2, 3, 1).`);
  return [count, [height, width, channels]];
}

async function readLabels(path: string, count: number): Promise<Int32Array> {
  const { data, shape } = await readNpy(path, LABEL_TYPES);
  if (shape.length !== 1 || shape[0] !== count)
    throw new Error(
      `${path} has the shape [${shape.join(', ')}]; expected [${count}], a label for each image.`,
    );
  const labels = Array.from<bigint | number, number>(data, Number);
  const wrong = labels.findIndex((label) => label < 0 || label >= count);
  if (wrong !== -1)
    throw new Error(
      `${path} holds the label ${labels[wrong]} at ${wrong}; expected classes numbered from 0, no more than the ${count} images.`,
    );
  return Int32Array.from(labels);
}
