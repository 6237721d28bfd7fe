import { existsSync } from 'node:fs';
import type { LabelledImages, LoadDataOptions } from './dataset.js';
import { readMnistFiles } from './mnist-files.js';

/** Where Debian's package `dataset-fashion-mnist` puts its files. */
const DEBIAN_FOLDER = '/usr/share/datasets/fashion-mnist';

/** The name of the data set in a model card. */
export const FASHION_MNIST = 'Fashion-MNIST';

/** The classes 0 to 9, as its authors name them. */
export const FASHION_CLASSES = [
  'T-shirt/top',
  'Trouser',
  'Pullover',
  'Dress',
  'Coat',
  'Sandal',
  'Shirt',
  'Sneaker',
  'Bag',
  'Ankle boot',
] as const;

/**
 * Fashion-MNIST (Xiao, Rasul and Vollgraf, 2017): 60,000 training and 10,000 test images [28, 28, 1] of clothes with
 * labels 0 to 9, from the given folder or from Debian's package.
 *
 * @param installed where the package puts its files
 * @throws Error that names the file, what was expected and what was found; or that says how to get the data
 */
export async function loadFashionMnist(
  { dir, split = 'train' }: LoadDataOptions = {},
  installed = DEBIAN_FOLDER,
): Promise<LabelledImages> {
  if (dir === undefined && !existsSync(installed))
    throw new Error(
      `There is no Fashion-MNIST in ${installed}: install it with apt-get install dataset-fashion-mnist, ` +
        'or name a folder of its four IDX files with --data DIR.',
    );
  return readMnistFiles(dir ?? installed, split, 'Fashion-MNIST');
}
