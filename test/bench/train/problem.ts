import { cosineBetas } from '@scorebridge/runtime';
import { unet, v, type Batch, type TrainingPlan } from '@scorebridge/training';
import { Tensor } from 'onnxruntime-common';

const SIDE = 28;
const SHAPE = [SIDE, SIDE, 1] as const;
const SEED = 1;

/** The U-Net of every side; `torch_step.py` builds the same. */
export const network = unet({ shape: SHAPE, base: 32, multipliers: [1, 2, 2], attention: [7], groups: 8 });
export const objective = v({ betas: cosineBetas({ T: 1000 }) });

/** What is trained: images of one grey, since how long a step takes does not depend on what is in them. */
export function planOf(batch: number): TrainingPlan {
  const size = batch * SIDE ** 2;
  const images: Batch = {
    x: new Tensor('float32', new Float32Array(size).fill(0.5), [batch, ...SHAPE]),
  };
  return {
    config: {},
    seed: SEED,
    steps: Infinity,
    network,
    objective,
    optimiser: { weightDecay: 0.01 },
    learningRate: () => 1e-3,
    batch: () => images,
  };
}
