import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { loadImages, type LoadImagesOptions } from './load-images.js';

const COUNT = 20;
let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'scorebridge-'));
  // Image i is of the grey 10 i; larger ones are done later than smaller ones that come after them.
  for (let i = 0; i < COUNT; i++) await writeGrey(name(i), 10 * i, i % 3 === 0 ? 300 : 6);
});
afterEach(() => rm(folder, { recursive: true }));

const name = (i: number) => `${String(i).padStart(2, '0')}.png`;
const writeGrey = (path: string, grey: number, side: number) =>
  sharp({
    create: { width: side, height: side, channels: 3, background: { r: grey, g: grey, b: grey } },
  }).toFile(join(folder, path));
const options: LoadImagesOptions = {
  height: 4,
  width: 6,
  channels: 1,
  fit: 'stretch',
  broken: 'skip',
  labelled: false,
};

async function cutInHalf(path: string): Promise<void> {
  const bytes = await readFile(join(folder, path));
  await writeFile(join(folder, path), bytes.subarray(0, bytes.length / 2));
}

test('images come in the order of their names, with progress', async () => {
  const seen: [number, number][] = [];
  const { images, labels, count, shape } = await loadImages(folder, {
    ...options,
    onProgress: (done, total) => seen.push([done, total]),
  });
  expect({ count, shape, labels }).toEqual({ count: COUNT, shape: [4, 6, 1], labels: undefined });
  expect([...images]).toEqual(Array.from({ length: COUNT * 24 }, (_, i) => 10 * Math.floor(i / 24)));
  expect(seen).toEqual(Array.from({ length: COUNT }, (_, i) => [i + 1, COUNT]));
});

test('what cannot be used is left out and named, and the rest keeps its order and labels', async () => {
  await mkdir(join(folder, 'a'));
  await mkdir(join(folder, 'b'));
  for (let i = 0; i < COUNT; i++) await rm(join(folder, name(i)));
  for (let i = 0; i < COUNT; i++) await writeGrey(`${i < 8 ? 'a' : 'b'}/${name(i)}`, 10 * i, 6);
  await cutInHalf('a/03.png');
  await writeFile(join(folder, 'b', name(10)), 'text');
  await writeGrey('b/12.png', 1, 5);
  const notes: string[] = [];
  const { images, labels, count } = await loadImages(folder, {
    ...options,
    labelled: true,
    note: (text) => notes.push(text),
  });
  const kept = Array.from({ length: COUNT }, (_, i) => i).filter((i) => ![3, 10, 12].includes(i));
  expect(count).toBe(kept.length);
  expect([...images]).toEqual(kept.flatMap((i) => Array<number>(24).fill(10 * i)));
  expect([...labels!]).toEqual(kept.map((i) => (i < 8 ? 0 : 1)));
  expect(notes).toHaveLength(2);
  expect(notes[0]).toBe(`Decoding the 20 images in ${folder} to 4 x 6 x 1`);
  expect(notes[1]).toMatch(
    /^Left out 3 of 20 images: a\/03\.png \(.+\), b\/10\.png \(.*unsupported image format\), b\/12\.png \(it is 5 x 5, smaller than 4 x 6\)$/,
  );
  expect(notes[1]).not.toContain('\n');
});

test('a long list of them is cut', async () => {
  for (let i = 0; i < 12; i++) await writeFile(join(folder, name(i)), '');
  let note = '';
  await loadImages(folder, { ...options, note: (text) => (note = text) });
  expect(note).toContain('09.png');
  expect(note).not.toContain('10.png');
  expect(note).toMatch(/ and 2 more$/);
});

test('by option the first that cannot be used is refused', async () => {
  await writeFile(join(folder, name(7)), 'text');
  await expect(loadImages(folder, { ...options, broken: 'refuse' })).rejects.toThrow(
    /^The image 07\.png in .* cannot be used \(.*\): remove it, or leave it out with images\.broken=skip\.$/,
  );
});

test('refuses a folder of which nothing can be used', async () => {
  await expect(loadImages(folder, { ...options, width: 400 })).rejects.toThrow(
    /^None of the 20 images in .* can be used; the first is 00\.png \(it is 300 x 300, smaller than 4 x 400\)\.$/,
  );
});

test('refuses more than memory holds before it decodes any', async () => {
  await writeFile(join(folder, name(0)), 'text');
  const loading = loadImages(folder, { ...options, broken: 'refuse', memory: 600 });
  await expect(loading).rejects.toThrow(
    '20 images of 4 x 6 x 1 take 0.00000048 GB of memory, and there is room for 0.00000045 GB: choose a smaller images.height',
  );
});

test('an interrupt stops it', async () => {
  const stop = new AbortController();
  let seen = 0;
  const loading = loadImages(folder, {
    ...options,
    signal: stop.signal,
    onProgress: (done) => ((seen = done), done === 3 && stop.abort(new Error('Interrupted.'))),
  });
  await expect(loading).rejects.toThrow('Interrupted.');
  expect(seen).toBeLessThan(COUNT);
});
