import type { ConfigInput } from '../schema.js';

/**
 * DDPM (Ho et al., 2020) without labels. The network predicts v = alpha eps - sigma x_0 along the cosine schedule: of what an
 * hour on two cores can train, it draws the clearest digits (v: Salimans & Ho, 2022; cosine: Nichol & Dhariwal, 2021).
 * Its checkpoints stay, since an early one is the weaker model that `--guide` leads the samples away from.
 */
export const mnistDdpm = {
  name: 'mnist-ddpm',
  objective: 'v',
  process: { kind: 'vp', schedule: { name: 'cosine', T: 1000 } },
  network: { spaceToDepth: 2, base: 32, multipliers: [1, 2], attention: [7] },
  labels: false,
  batch: 32,
  steps: 18000,
  learningRate: 2e-3,
  warmup: 100,
  decay: 'linear',
  emaDecay: 0.999,
  checkpointEvery: 1500,
  keepCheckpoints: 12,
} as const satisfies ConfigInput;
