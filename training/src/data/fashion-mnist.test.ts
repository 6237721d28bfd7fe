import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { beforeEach, expect, test } from 'vitest';
import { loadFashionMnist } from './fashion-mnist.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'scorebridge-'));
  return () => rm(folder, { recursive: true });
});

async function write(value: number): Promise<void> {
  const images = Uint8Array.of(
    ...[0, 0, 8, 3, 0, 0, 0, 1, 0, 0, 0, 28, 0, 0, 0, 28],
    ...Array<number>(784).fill(value),
  );
  await writeFile(join(folder, 'train-images-idx3-ubyte.gz'), gzipSync(images));
  await writeFile(
    join(folder, 'train-labels-idx1-ubyte.gz'),
    gzipSync(Uint8Array.of(0, 0, 8, 1, 0, 0, 0, 1, 9)),
  );
}

test.each(['as installed', 'as named'])('reads the files %s', async (from) => {
  await write(7);
  const nowhere = join(folder, 'nowhere');
  const { count, shape, images, labels } = await (from === 'as installed'
    ? loadFashionMnist({}, folder)
    : loadFashionMnist({ dir: folder }, nowhere));
  expect({ count, shape, labels: [...labels] }).toEqual({ count: 1, shape: [28, 28, 1], labels: [9] });
  expect(images.every((pixel) => pixel === 7)).toBe(true);
});

test('where it is not installed, one sentence says how to get it', async () => {
  await expect(loadFashionMnist({}, join(folder, 'nowhere'))).rejects.toThrow(
    /^There is no Fashion-MNIST in .*nowhere: install it with apt-get install dataset-fashion-mnist, or name .* --data DIR\.$/,
  );
  await expect(loadFashionMnist({ dir: folder })).rejects.toThrow(
    'expected the four IDX files of Fashion-MNIST',
  );
});
