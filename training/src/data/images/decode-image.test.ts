import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp, { type Color } from 'sharp';
import { afterAll, expect, test } from 'vitest';
import { decodeImage, type ImageForm } from './decode-image.js';

const folder = await mkdtemp(join(tmpdir(), 'scorebridge-'));
const path = join(folder, 'x.png');
afterAll(() => rm(folder, { recursive: true }));

const form: ImageForm = { height: 4, width: 4, channels: 3, fit: 'crop' };

/** A picture of grey columns. */
const columns = (height: number, greys: readonly number[]) =>
  sharp(
    Uint8Array.from({ length: height * greys.length }, (_, i) => greys[i % greys.length]!),
    {
      raw: { height, width: greys.length, channels: 1 },
    },
  );
const plain = (channels: 3 | 4, background: Color, side = 8) =>
  sharp({ create: { width: side, height: side, channels, background } });
const pixel = async (asked: Partial<ImageForm> = {}) =>
  [...(await decodeImage(path, { ...form, ...asked }))].slice(0, asked.channels ?? 3);

test('an image of the size asked for comes as it is, channels last', async () => {
  const bytes = Uint8Array.from({ length: 4 * 6 * 3 }, (_, i) => (i * 7919) % 256);
  await sharp(bytes, { raw: { height: 4, width: 6, channels: 3 } }).toFile(path);
  expect([...(await decodeImage(path, { ...form, width: 6 }))]).toEqual([...bytes]);
});

test('crop takes the middle, stretch takes all', async () => {
  await columns(4, [0, 0, 90, 100, 110, 120, 250, 250]).toFile(path);
  const grey = { ...form, channels: 1 } as const;
  const cropped = await decodeImage(path, grey);
  expect([...cropped.subarray(0, 4)]).toEqual([90, 100, 110, 120]);
  expect(cropped.length).toBe(16);
  const stretched = await decodeImage(path, { ...grey, fit: 'stretch' });
  expect(stretched[0]).toBeLessThan(30);
  expect(stretched[3]).toBeGreaterThan(220);
});

test('large images are scaled down: all of a column becomes one pixel', async () => {
  await columns(80, [...Array<number>(20).fill(10), ...Array<number>(60).fill(210)]).toFile(path);
  const row = [...(await decodeImage(path, { ...form, channels: 1 }))].slice(0, 4);
  expect(Math.abs(row[0]! - 10)).toBeLessThan(12);
  expect(Math.abs(row[3]! - 210)).toBeLessThan(3);
});

test('colour, grey, transparency, 16 bits and CMYK become what is asked for', async () => {
  await plain(3, { r: 200, g: 10, b: 20 }).toFile(path);
  expect(await pixel()).toEqual([200, 10, 20]);
  expect((await pixel({ channels: 1 })).length).toBe(1);
  await plain(3, { r: 100, g: 100, b: 100 }).toColourspace('b-w').toFile(path);
  expect([await pixel(), await pixel({ channels: 1 })]).toEqual([[100, 100, 100], [100]]);
  await plain(4, { r: 255, g: 0, b: 0, alpha: 0 }).toFile(path);
  expect(await pixel()).toEqual([255, 255, 255]);
  await plain(3, { r: 200, g: 10, b: 20 }).toColourspace('rgb16').toFile(path);
  expect(await pixel()).toEqual([200, 10, 20]);
  await sharp(await plain(3, { r: 200, g: 10, b: 20 }).toColourspace('cmyk').jpeg().toBuffer())
    .keepMetadata()
    .toFile(path);
  const [r = 0, g = 0] = await pixel();
  expect(r - g).toBeGreaterThan(150);
});

test('a photo is turned upright as its camera says', async () => {
  const jpeg = join(folder, 'x.jpg');
  // Orientation 6: what is stored on the left belongs at the top.
  await columns(8, [0, 0, 0, 0, 255, 255, 255, 255])
    .withMetadata({ orientation: 6 })
    .jpeg({ quality: 100 })
    .toFile(jpeg);
  const upright = await decodeImage(jpeg, { height: 8, width: 8, channels: 1, fit: 'crop' });
  expect(Math.max(...upright.subarray(0, 8))).toBeLessThan(30);
  expect(Math.min(...upright.subarray(56))).toBeGreaterThan(225);
});

test('an image that is too small is refused, either way', async () => {
  await plain(3, 'red', 8).toFile(path);
  const sentence = 'it is 8 x 8, smaller than 4 x 9';
  await expect(decodeImage(path, { ...form, width: 9 })).rejects.toThrow(sentence);
  await expect(decodeImage(path, { ...form, width: 9, fit: 'stretch' })).rejects.toThrow(sentence);
  await expect(decodeImage(path, { ...form, height: 9 })).rejects.toThrow('smaller than 9 x 4');
});
