import type { ConfigInput } from '../schema.js';

/** The classifier of digits that scores samples: six times through the data. */
export const judge = {
  task: 'classifier',
  name: 'judge',
  batch: 128,
  steps: 2800,
  learningRate: 3e-3,
  warmup: 200,
  decay: 'cosine',
  weightDecay: 1e-2,
  emaDecay: 0.995,
  shift: 2,
} as const satisfies ConfigInput;
