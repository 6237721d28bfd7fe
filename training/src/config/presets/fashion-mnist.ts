import type { ConfigInput } from '../schema.js';
import { mnistLabelled } from './mnist-labelled.js';

/** Clothes of ten kinds in the place of digits; all else is the same. */
export const fashionMnist = {
  ...mnistLabelled,
  name: 'fashion-mnist',
  dataset: 'fashion-mnist',
} as const satisfies ConfigInput;
