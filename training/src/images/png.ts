import { writeAtomically } from '../files/write-atomically.js';
import type { Bitmap } from './bitmap.js';
import { loadSharp } from './load-sharp.js';

/** Encodes a bitmap as PNG. */
export async function encodePng({ data, width, height, channels }: Bitmap): Promise<Uint8Array> {
  const sharp = await loadSharp();
  return sharp(data, { raw: { width, height, channels } })
    .toColourspace(channels === 1 ? 'b-w' : 'srgb')
    .png()
    .toBuffer();
}

/** Writes a bitmap as a PNG file, whole or not at all. */
export async function writePng(path: string, bitmap: Bitmap): Promise<void> {
  await writeAtomically(path, await encodePng(bitmap));
}
