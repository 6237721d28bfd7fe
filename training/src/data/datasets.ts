import type { Config } from '../config/schema.js';
import { isLabelled, valueRangeOf } from '../config/data-needs.js';
import type { Dataset } from './dataset.js';
import { FASHION_CLASSES, FASHION_MNIST, loadFashionMnist } from './fashion-mnist.js';
import { loadImages } from './images/load-images.js';
import { loadMnist } from './mnist.js';
import { loadNpy } from './npy/load-npy.js';

/** The data sets that are known by name. */
const known = {
  mnist: {
    name: 'MNIST',
    licence: 'CC-BY-SA-3.0',
    shape: [28, 28, 1],
    classes: 10,
    load: loadMnist,
  },
  'fashion-mnist': {
    name: FASHION_MNIST,
    licence: 'MIT',
    shape: [28, 28, 1],
    classes: 10,
    classNames: FASHION_CLASSES,
    load: loadFashionMnist,
  },
} as const satisfies Record<string, Dataset>;

/**
 * The data set that a config names.
 *
 * @throws Error if it is the user's own and the config does not describe it
 */
export function datasetOf(config: Config): Dataset {
  const { dataset: kind, datasetName, licence } = config;
  const dataset: Dataset = kind === 'images' || kind === 'npy' ? ownData(kind, config) : known[kind];
  return {
    ...dataset,
    name: datasetName ?? dataset.name,
    licence: licence ?? dataset.licence,
  };
}

function ownData(kind: 'images' | 'npy', config: Config): Dataset {
  const { data, images } = config;
  if (data === null)
    throw new Error(
      `The shape of '${kind}' is not known before they are looked at: fill in the config with describeData.`,
    );
  const { shape, classes, classNames } = data;
  const labelled = isLabelled(config);
  return {
    name: kind,
    licence: 'unknown',
    shape,
    classes,
    classNames,
    load({ dir, signal, note, onProgress } = {}) {
      if (dir === undefined) throw new Error(`Where '${kind}' are is not known: name their place.`);
      const options = { labelled, signal, note, onProgress };
      return kind === 'images'
        ? loadImages(dir, { ...images, ...options })
        : loadNpy(dir, { valueRange: valueRangeOf(config), ...options });
    },
  };
}
