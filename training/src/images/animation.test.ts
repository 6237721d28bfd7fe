import sharp from 'sharp';
import { expect, test } from 'vitest';
import { encodeAnimation } from './animation.js';
import type { Bitmap } from './bitmap.js';

const frame = (level: number, channels: 1 | 3 = 1, width = 16): Bitmap => ({
  width,
  height: 8,
  channels,
  data: new Uint8Array(width * 8 * channels).fill(level),
});

test.each(['gif', 'webp'] as const)(
  '%s: frames in order, timed, the last one held, looping',
  async (format) => {
    const levels = [0, 80, 240];
    const bytes = await encodeAnimation(
      format,
      levels.map((level, i) => frame(level, i === 1 ? 3 : 1)),
      {
        delay: 50,
        hold: 900,
      },
    );
    const pages = sharp(bytes, { animated: true });
    expect(await pages.metadata()).toMatchObject({
      format,
      pages: 3,
      pageHeight: 8,
      width: 16,
      delay: [50, 50, 900],
      loop: 0,
    });
    const { data, info } = await pages.raw().toBuffer({ resolveWithObject: true });
    const firstOf = (page: number) => data[page * 8 * info.width * info.channels] ?? NaN;
    levels.forEach((level, page) => expect(Math.abs(firstOf(page) - level)).toBeLessThanOrEqual(3));
  },
);

test('refuses no frames, and frames of different sizes', async () => {
  await expect(encodeAnimation('gif', [])).rejects.toThrow('at least one frame');
  await expect(encodeAnimation('gif', [frame(0), frame(0, 1, 9)])).rejects.toThrow('frame 1 9 x 8');
});
