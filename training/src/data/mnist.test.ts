import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { beforeEach, expect, test } from 'vitest';
import { loadMnist } from './mnist.js';

const images = (count: number, side = 28) =>
  Uint8Array.of(
    ...[0, 0, 8, 3, 0, 0, 0, count, 0, 0, 0, side, 0, 0, 0, side],
    ...Array.from({ length: count * side * side }, (_, i) => (i * 7) % 256),
  );
const labels = (...values: number[]) => Uint8Array.of(0, 0, 8, 1, 0, 0, 0, values.length, ...values);

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'scorebridge-'));
  return () => rm(dir, { recursive: true });
});
const write = (name: string, bytes: Uint8Array) => writeFile(join(dir, name), bytes);

test('both splits, under the names that the files go by', async () => {
  await write('train-images-idx3-ubyte.gz', gzipSync(images(3)));
  await write('train-labels.idx1-ubyte', labels(5, 0, 9));
  await write('t10k-images-idx3-ubyte', images(1));
  await write('t10k-labels-idx1-ubyte', labels(7));
  const train = await loadMnist({ dir });
  expect(train).toMatchObject({ count: 3, shape: [28, 28, 1] });
  expect([...train.labels]).toEqual([5, 0, 9]);
  expect(train.images.length).toBe(3 * 784);
  expect([...train.images.subarray(0, 3), train.images.at(-1)]).toEqual([0, 7, 14, (2351 * 7) % 256]);
  expect([...(await loadMnist({ dir, split: 'test' })).labels]).toEqual([7]);
});

test.each<[what: string, images: Uint8Array, labels: Uint8Array, sentence: RegExp]>([
  ['as many labels as images', images(3), labels(1, 2), /holds 3 images, but .*labels.* holds 2 labels/],
  ['images of 28 x 28', images(2, 14), labels(1, 2), /images of 14 x 14; expected 28 x 28/],
  ['at least one image', images(0), labels(), /holds no image/],
  ['labels up to 9', images(2), labels(1, 10), /holds the label 10; expected 0 to 9/],
  ['whole images', images(2).subarray(0, 1000), labels(1, 2), /truncated.* 1584 bytes, found 1000/],
])('asks for %s', async (_, x, y, sentence) => {
  await write('train-images-idx3-ubyte', x);
  await write('train-labels-idx1-ubyte', y);
  await expect(loadMnist({ dir })).rejects.toThrow(sentence);
});

test('names the file that is missing', async () => {
  await write('train-images-idx3-ubyte', images(1));
  await expect(loadMnist({ dir })).rejects.toThrow(`There is no train-labels-idx1-ubyte in ${dir}`);
});
