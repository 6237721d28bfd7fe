import type { Bitmap } from './bitmap.js';
import { checkImageBatch, type ImageBatch } from './image-batch.js';

export interface GridOptions {
  /** Images a row; by default the smallest square that holds them all. */
  readonly columns?: number;
  /** Pixels between two images and around the whole, before scaling; default 2. */
  readonly padding?: number;
  /** Screen pixels for each pixel of an image, a whole number; default 1. */
  readonly scale?: number;
  /** Grey level of the padding, 0 to 255; default 64, which parts black images from each other. */
  readonly background?: number;
}

/**
 * Lays images out in rows, first image top left. Values are mapped linearly from the batch's range to 0..255,
 * clipped, and rounded; a value that is not a number is drawn black.
 *
 * @throws RangeError when the batch cannot be drawn or an option is out of range
 */
export function grid(images: ImageBatch, options: GridOptions = {}): Bitmap {
  checkImageBatch(images);
  const [count, height, width, channels] = images.shape;
  const { columns = Math.ceil(Math.sqrt(count)), padding = 2, scale = 1, background = 64 } = options;
  for (const [name, value, least] of [
    ['columns', columns, 1],
    ['padding', padding, 0],
    ['scale', scale, 1],
  ] as const)
    if (!Number.isInteger(value) || value < least)
      throw new RangeError(`A grid's ${name} must be a whole number of at least ${least}, found ${value}.`);

  const rows = Math.ceil(count / columns);
  const pitch = { x: width + padding, y: height + padding };
  const sheetWidth = (columns * pitch.x + padding) * scale;
  const sheetHeight = (rows * pitch.y + padding) * scale;
  const data = new Uint8Array(sheetWidth * sheetHeight * channels).fill(background);
  const [low, high] = images.range;

  for (let image = 0; image < count; image++) {
    const left = (padding + (image % columns) * pitch.x) * scale;
    const top = (padding + Math.floor(image / columns) * pitch.y) * scale;
    for (let y = 0; y < height * scale; y++) {
      for (let x = 0; x < width * scale; x++) {
        const from = ((image * height + Math.floor(y / scale)) * width + Math.floor(x / scale)) * channels;
        const to = ((top + y) * sheetWidth + left + x) * channels;
        for (let c = 0; c < channels; c++) {
          const unit = ((images.data[from + c] ?? NaN) - low) / (high - low);
          data[to + c] = Math.round(255 * Math.min(Math.max(unit, 0), 1));
        }
      }
    }
  }
  return { width: sheetWidth, height: sheetHeight, channels: channels as 1 | 3, data };
}
