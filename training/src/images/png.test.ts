import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { expect, test } from 'vitest';
import type { Bitmap } from './bitmap.js';
import { writePng } from './png.js';

test.each<[string, Bitmap]>([
  ['grey', { width: 3, height: 1, channels: 1, data: Uint8Array.of(0, 100, 255) }],
  ['colour', { width: 1, height: 2, channels: 3, data: Uint8Array.of(1, 2, 3, 250, 5, 6) }],
])('what is written is read back bit for bit: %s', async (name, bitmap) => {
  const path = join(await mkdtemp(join(tmpdir(), 'scorebridge-')), `${name}.png`);
  await writePng(path, bitmap);
  expect(await sharp(path).metadata()).toMatchObject({ format: 'png', channels: bitmap.channels });
  const { data, info } = await sharp(path)
    .toColourspace(bitmap.channels === 1 ? 'b-w' : 'srgb')
    .raw()
    .toBuffer({ resolveWithObject: true });
  expect([info.width, info.height, info.channels]).toEqual([bitmap.width, bitmap.height, bitmap.channels]);
  expect([...data]).toEqual([...bitmap.data]);
});
