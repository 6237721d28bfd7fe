import type { ConfigInput } from '../schema.js';
import { quickstart } from './quickstart.js';

/** The quickstart's net with half as many channels again, trained for longer: 1.46 M parameters. */
export const mnistLabelled = {
  ...quickstart,
  name: 'mnist-labelled',
  network: { ...quickstart.network, base: 48 },
  steps: 3200,
  learningRate: 2e-3,
  emaDecay: 0.999,
  checkpointEvery: 400,
} as const satisfies ConfigInput;
