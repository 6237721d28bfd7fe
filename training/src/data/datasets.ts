import type { Dataset } from './dataset.js';
import { loadMnist } from './mnist.js';

/** The data sets that a config can name. */
export const datasets = {
  mnist: {
    name: 'MNIST',
    licence: 'CC-BY-SA-3.0',
    shape: [28, 28, 1],
    classes: 10,
    load: loadMnist,
  },
} as const satisfies Record<string, Dataset>;
