import type { ConfigInput } from '../schema.js';

/** Labelled digits in a few minutes of two CPU cores: 0.67 M parameters. */
export const quickstart = {
  name: 'quickstart',
  objective: 'v',
  process: { kind: 'vp', schedule: { name: 'cosine', T: 1000 } },
  network: { spaceToDepth: 2, base: 32, multipliers: [1, 2], attention: [7] },
  labels: true,
  labelDrop: 0.1,
  batch: 64,
  steps: 1100,
  learningRate: 3e-3,
  warmup: 20,
  decay: 'linear',
  emaDecay: 0.995,
  checkpointEvery: 200,
} as const satisfies ConfigInput;
