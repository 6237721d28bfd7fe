import { exportFunction } from '@scorebridge/export';
import { VERSION } from '@scorebridge/runtime';
import * as tf from '@tensorflow/tfjs';
import type { Build } from '../build.js';
import type { ClassifierConfig } from '../config/schema.js';
import { datasetOf } from '../data/datasets.js';
import { classifier, logitsNetwork } from '../models/classifier.js';
import { unpack } from '../models/parameters.js';
import { crossEntropy } from '../objectives/cross-entropy.js';
import { dataParts } from './data-parts.js';
import { commonParts } from './parts.js';

/** The key of `metadata_props` under which a classifier says where it comes from. */
export const CLASSIFIER_KEY = 'scorebridge.classifier';

/** A classifier of images with values in [0, 1], such as the judge. */
export function buildClassifier(config: ClassifierConfig): Build {
  const { name, seed } = config;
  const dataset = datasetOf(config);
  const { shape, classes } = dataset;
  const model = classifier({ shape, classes });
  const parts = {
    ...commonParts(config),
    network: logitsNetwork(model),
    objective: crossEntropy({ classes }),
  };
  return {
    ...parts,
    dataset,
    plan: (data) => ({
      ...parts,
      ...dataParts(data, config, crossEntropy({ classes })),
    }),
    exportModel(parameters, run, externalFile) {
      const names = unpack(tf.tensor1d(parameters), model.specs);
      const { name: data, licence } = dataset;
      const origin = { ...run, seed, dataset: { name: data, licence }, scorebridge: VERSION };
      return exportFunction(
        ({ x }) => model.apply(names, x!),
        { x: { dtype: 'float32', shape: ['batch', ...shape] } },
        {
          name,
          names,
          metadata: { [CLASSIFIER_KEY]: JSON.stringify(origin) },
          ...(externalFile !== undefined && { externalFile }),
        },
      );
    },
    exportVjp() {
      throw new Error(
        `${name} is a classifier: it has no score, and so no product with the score's Jacobian.`,
      );
    },
    card() {
      throw new Error(`${name} is a classifier: it has no model card, and nothing can be sampled from it.`);
    },
  };
}
