import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { LabelledImages } from './dataset.js';
import { readIdx } from './idx.js';

const PREFIX = { train: 'train', test: 't10k' } as const;
const SIDE = 28;
const CLASSES = 10;

/**
 * Reads one split of a data set that comes in the four IDX files of MNIST, each gzipped or not: images [28, 28, 1] with
 * labels 0 to 9.
 *
 * @param name what messages call the data set
 * @throws Error that names the file, what was expected and what was found
 */
export async function readMnistFiles(
  folder: string,
  split: 'train' | 'test',
  name: string,
): Promise<LabelledImages> {
  const imagesPath = findFile(folder, `${PREFIX[split]}-images`, 'idx3-ubyte', name);
  const labelsPath = findFile(folder, `${PREFIX[split]}-labels`, 'idx1-ubyte', name);
  const [images, labels] = await Promise.all([readIdx(imagesPath, 3), readIdx(labelsPath, 1)]);
  const [count, height, width] = images.shape as [number, number, number];
  if (height !== SIDE || width !== SIDE)
    throw new Error(`${imagesPath} holds images of ${height} x ${width}; expected ${SIDE} x ${SIDE}.`);
  if (count === 0) throw new Error(`${imagesPath} holds no image; expected at least one.`);
  if (labels.shape[0] !== count)
    throw new Error(
      `${imagesPath} holds ${count} images, but ${labelsPath} holds ${labels.shape[0]} labels; expected as many.`,
    );
  const wrong = labels.data.find((label) => label >= CLASSES);
  if (wrong !== undefined)
    throw new Error(`${labelsPath} holds the label ${wrong}; expected 0 to ${CLASSES - 1}.`);
  return { images: images.data, labels: labels.data, count, shape: [height, width, 1] };
}

/** The file under one of the names that it goes by. */
function findFile(folder: string, stem: string, type: string, data: string): string {
  const usual = `${stem}-${type}`;
  const names = [usual, `${usual}.gz`, `${stem}.${type}`, `${stem}.${type}.gz`];
  const found = names.find((name) => existsSync(join(folder, name)));
  if (found === undefined)
    throw new Error(
      `There is no ${usual} in ${folder}: expected the four IDX files of ${data} there, gzipped or not.`,
    );
  return join(folder, found);
}
