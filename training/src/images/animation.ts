import { writeAtomically } from '../files/write-atomically.js';
import type { Bitmap } from './bitmap.js';
import { loadSharp } from './load-sharp.js';

export interface AnimationOptions {
  /** Milliseconds that a frame is shown; default 60. GIF rounds to 10 ms. */
  readonly delay?: number;
  /** Milliseconds that the last frame is shown; default 1500. */
  readonly hold?: number;
  /** How often it plays; default 0, forever. */
  readonly loop?: number;
}

/**
 * Encodes frames as an animation that plays in any browser.
 *
 * @param frames bitmaps of one size, in order
 * @throws RangeError when there is no frame or two frames differ in size
 */
export async function encodeAnimation(
  format: 'gif' | 'webp',
  frames: readonly Bitmap[],
  { delay = 60, hold = 1500, loop = 0 }: AnimationOptions = {},
): Promise<Uint8Array> {
  const first = frames[0];
  if (!first) throw new RangeError('An animation needs at least one frame, found none.');
  const { width, height } = first;
  const frameBytes = width * height * 3;
  const data = new Uint8Array(frames.length * frameBytes);
  frames.forEach((frame, index) => {
    if (frame.width !== width || frame.height !== height)
      throw new RangeError(
        `All frames of an animation need one size: frame 0 is ${width} x ${height}, frame ${index} ${frame.width} x ${frame.height}.`,
      );
    const repeat = 3 / frame.channels;
    for (let i = 0; i < frameBytes; i++)
      data[index * frameBytes + i] = frame.data[Math.floor(i / repeat)] ?? 0;
  });
  const sharp = await loadSharp();
  const pages = sharp(data, {
    raw: { width, height: height * frames.length, channels: 3, pageHeight: height },
  });
  const timing = { delay: frames.map((_, i) => (i === frames.length - 1 ? hold : delay)), loop };
  return (
    format === 'gif' ? pages.gif({ ...timing, dither: 0 }) : pages.webp({ ...timing, quality: 80 })
  ).toBuffer();
}

/** Writes frames as an animated GIF or WebP file, whole or not at all. */
export async function writeAnimation(
  path: string,
  format: 'gif' | 'webp',
  frames: readonly Bitmap[],
  options?: AnimationOptions,
): Promise<void> {
  await writeAtomically(path, await encodeAnimation(format, frames, options));
}
