import type { ConfigInput } from '../schema.js';

/**
 * DDPM (Ho et al., 2020): no labels, the network predicts the noise, betas rise linearly to 2e-2. The loss is weighted by
 * min-SNR, with which the network learns to draw whole digits in fewer steps.
 */
export const mnistDdpm = {
  name: 'mnist-ddpm',
  objective: 'eps',
  lossWeight: { name: 'min-snr' },
  process: { kind: 'vp', schedule: { name: 'linear', betaStart: 1e-4, betaEnd: 2e-2, T: 1000 } },
  network: { spaceToDepth: 2, base: 32, multipliers: [1, 2], attention: [7] },
  labels: false,
  batch: 64,
  steps: 20000,
  learningRate: 2e-3,
  warmup: 100,
  decay: 'linear',
  emaDecay: 0.999,
  checkpointEvery: 500,
} as const satisfies ConfigInput;
