import type { ConfigInput } from '../schema.js';

/** NCSN (Song and Ermon, 2019): the score at ten noise levels, for annealed Langevin sampling. */
export const mnistNcsn = {
  name: 'mnist-ncsn',
  objective: 'dsm',
  process: { kind: 've', schedule: { name: 'geometric', sigmaMax: 1, sigmaMin: 0.01, L: 10 } },
  valueRange: [0, 1],
  network: { spaceToDepth: 2, base: 32, multipliers: [1, 2], attention: [7] },
  labels: true,
  labelDrop: 0.1,
  batch: 64,
  steps: 10000,
  learningRate: 2e-3,
  warmup: 100,
  decay: 'linear',
  emaDecay: 0.999,
  checkpointEvery: 500,
} as const satisfies ConfigInput;
