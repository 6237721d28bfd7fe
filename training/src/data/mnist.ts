import type { LabelledImages, LoadDataOptions } from './dataset.js';
import { fetchMnist } from './fetch-mnist.js';
import { readMnistFiles } from './mnist-files.js';

/**
 * MNIST (LeCun, Cortes and Burges, 1998), or another data set in its files and shapes: 60,000 training and 10,000 test
 * images [28, 28, 1] with labels 0 to 9.
 *
 * @throws Error that names the file, what was expected and what was found; or that the data cannot be fetched
 */
export async function loadMnist({
  dir,
  split = 'train',
  signal,
  note,
}: LoadDataOptions = {}): Promise<LabelledImages> {
  return readMnistFiles(dir ?? (await fetchMnist({ signal, note })), split, 'MNIST');
}
