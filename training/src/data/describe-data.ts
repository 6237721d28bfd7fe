import { basename, resolve } from 'node:path';
import type { Config, DataFacts } from '../config/schema.js';
import { isLabelled } from '../config/data-needs.js';
import { findImages } from './images/find-images.js';
import { findNpy } from './npy/find-npy.js';

export interface DescribeDataOptions {
  /** Where the data are: a folder of images, a `.npy` file, or a folder of `x.npy` and `labels.npy`. */
  readonly dir?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Fills in what only the user's own data can tell of a run on them: shape, number, classes and name. They are looked at,
 * not read. The config of a run on a data set that is known by name is as it was.
 *
 * @throws Error in one sentence where the data are missing or not what the config wants; the signal's reason
 */
export async function describeData(config: Config, { dir, signal }: DescribeDataOptions): Promise<Config> {
  const { dataset, datasetName } = config;
  if (dataset !== 'images' && dataset !== 'npy') return config;
  if (dir === undefined)
    throw new Error(
      dataset === 'images'
        ? "The data set 'images' is a folder of your own: name it with --data."
        : "The data set 'npy' is a file of your own: name it, or a folder of x.npy and labels.npy, with --data.",
    );
  const data = await (dataset === 'images' ? imageFacts(config, dir, signal) : npyFacts(config, dir));
  return { ...config, datasetName: datasetName ?? nameOf(dir, dataset), data };
}

async function imageFacts(config: Config, dir: string, signal?: AbortSignal): Promise<DataFacts> {
  const { height, width, channels } = config.images;
  const labelled = isLabelled(config);
  const { files, classNames } = await findImages(dir, { labelled, signal });
  return {
    shape: [height, width, channels],
    count: files.length,
    classes: classNames.length,
    ...(labelled && { classNames: [...classNames] }),
  };
}

async function npyFacts(config: Config, dir: string): Promise<DataFacts> {
  const { shape, count, classes } = await findNpy(dir, { labelled: isLabelled(config) });
  return { shape: [...shape], count, classes };
}

/** The name of a folder or file; the root of a file system has none. */
const nameOf = (dir: string, otherwise: string): string =>
  basename(resolve(dir)).replace(/\.npy$/i, '') || otherwise;
