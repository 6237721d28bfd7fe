import type { ConfigInput } from '../schema.js';

/** A folder of your own pictures, brought to 32 x 32 pixels in colour; 1.5 M parameters. */
export const pictures = {
  name: 'pictures',
  dataset: 'images',
  images: { height: 32, width: 32, channels: 3, fit: 'crop', broken: 'skip' },
  labels: false,
  objective: 'v',
  process: { kind: 'vp', schedule: { name: 'cosine', T: 1000 } },
  network: { spaceToDepth: 2, base: 48, multipliers: [1, 2], attention: [8] },
  batch: 64,
  steps: 6000,
  learningRate: 1e-3,
  warmup: 200,
  decay: 'cosine',
  emaDecay: 0.999,
  checkpointEvery: 500,
} as const satisfies ConfigInput;
