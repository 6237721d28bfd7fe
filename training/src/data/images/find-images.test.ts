import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import { findImages } from './find-images.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'scorebridge-'));
  return () => rm(folder, { recursive: true });
});
async function write(...paths: string[]): Promise<void> {
  for (const path of paths) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), '');
  }
}

test('images are found by extension, however deep, in the order of code units', async () => {
  await write('b.PNG', 'a/z.jpg', 'a/deep/er/x.webp', 'Z.jpeg', 'a.txt', '.hidden.png', '.thumbs/t.png');
  await symlink(join(folder, 'b.PNG'), join(folder, 'link.png'));
  await symlink(join(folder, 'a'), join(folder, 'loop.png'));
  expect(await findImages(folder)).toEqual({
    files: ['Z.jpeg', 'a/deep/er/x.webp', 'a/z.jpg', 'b.PNG', 'link.png'],
    classNames: [],
  });
});

test('folders are classes, sorted by name, with all images below them', async () => {
  await write('tulip/1.png', 'Rose/2.png', 'tulip/more/0.png', 'daisy/9.gif', 'notes.txt');
  const { files, labels, classNames } = await findImages(folder, { labelled: true });
  expect(classNames).toEqual(['Rose', 'daisy', 'tulip']);
  expect(files).toEqual(['Rose/2.png', 'daisy/9.gif', 'tulip/1.png', 'tulip/more/0.png']);
  expect([...labels!]).toEqual([0, 1, 2, 2]);
});

test.each<[what: string, paths: string[], labelled: boolean, sentence: string]>([
  ['an empty folder', [], false, 'There is no image in'],
  [
    'a folder without an image',
    ['a.txt', 'b.bmp'],
    false,
    '(other files: 2): expected names that end in .png,',
  ],
  ['no folder that could be a class', ['a.png'], true, 'has no folders that could be the classes'],
  ['an image outside every class', ['x/a.png', 'b.png'], true, 'The image b.png in'],
  ['a class without an image', ['x/a.png', 'y/b.txt'], true, 'The folder y in'],
])('refuses %s', async (_, paths, labelled, sentence) => {
  await write(...paths);
  await expect(findImages(folder, { labelled })).rejects.toThrow(sentence);
});

test('names a folder that is not there or is none, and stops at an interrupt', async () => {
  await write('a.png');
  await expect(findImages(join(folder, 'none'))).rejects.toThrow(
    /Cannot read .*none \(ENOENT\): name a folder/,
  );
  await expect(findImages(join(folder, 'a.png'))).rejects.toThrow(/Cannot read .*a\.png \(ENOTDIR\)/);
  await expect(findImages(folder, { signal: AbortSignal.abort(new Error('Interrupted.')) })).rejects.toThrow(
    'Interrupted.',
  );
});
