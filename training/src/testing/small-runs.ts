import { linearBetas, normals } from '@scorebridge/runtime';
import { Tensor } from 'onnxruntime-common';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { mlp } from '../models/mlp.js';
import type { Network } from '../models/network.js';
import { unet } from '../models/unet.js';
import { eps } from '../objectives/eps.js';
import { withDropout } from '../objectives/with-dropout.js';
import { parseTrainingLog } from '../plots/training-log.js';
import type { TrainOptions } from '../trainer/train.js';
import type { TrainingPlan } from '../trainer/training-plan.js';

export const seed = 5;
export const BATCH = 4;

/** Trains on random numbers, which is all that is needed to see whether a run repeats itself. */
export function planFor(network: Network, shape: readonly number[], steps: number): TrainingPlan {
  const size = shape.reduce((product, n) => product * n, BATCH);
  return {
    config: { name: 'test', steps },
    seed,
    steps,
    network,
    objective: withDropout(eps({ betas: linearBetas() }), network),
    optimiser: { weightDecay: 0.1, emaDecay: 0.9, averages: { ema_12: 3 } },
    learningRate: (step) => 0.01 / step,
    batch: (step) => ({
      x: new Tensor('float32', normals(new Float32Array(size), { seed: 99, step }), [BATCH, ...shape]),
    }),
  };
}

export const points = (steps: number) => planFor(mlp({ dimensions: 2, hidden: [8] }), [2], steps);
export const images = (steps: number) =>
  planFor(unet({ shape: [4, 4, 1], base: 8, groups: 4, attention: [2], dropout: 0.2 }), [4, 4, 1], steps);

/** A signal that aborts once the step has been taken, and the listener that makes it so. */
export function stopAfter(step: number): Pick<TrainOptions, 'signal' | 'onEvent'> {
  const stop = new AbortController();
  return {
    signal: stop.signal,
    onEvent: (event) => {
      if (event.type === 'step' && event.step === step) stop.abort();
    },
  };
}

/** The run's log, and its entries without their times. */
export const logOf = async (runDir: string) =>
  parseTrainingLog(await readFile(join(runDir, 'log.jsonl'), 'utf8'));
export const untimed = (entries: Awaited<ReturnType<typeof logOf>>) =>
  entries.map(({ step, loss, gradNorm, lr }) => ({ step, loss, gradNorm, lr }));
