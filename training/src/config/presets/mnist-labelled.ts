import type { ConfigInput } from '../schema.js';
import { quickstart } from './quickstart.js';

/** The quickstart's net, trained for about ten minutes: the model of the demo. */
export const mnistLabelled = {
  ...quickstart,
  name: 'mnist-labelled',
  steps: 4000,
  warmup: 100,
  emaDecay: 0.999,
  checkpointEvery: 500,
} as const satisfies ConfigInput;
