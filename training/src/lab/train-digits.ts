import { loadModel, type ScoreModel } from '@scorebridge/runtime';
import * as tf from '@tensorflow/tfjs';
import { build } from '../build.js';
import { parseConfig } from '../config/parse-config.js';
import { presets } from '../config/presets/index.js';
import type { ConfigInput } from '../config/schema.js';
import { loadMnist } from '../data/mnist.js';
import { initialise } from '../models/parameters.js';
import { initialState } from '../optimiser/training-state.js';
import { startPlan } from '../trainer/running-plan.js';
import type { LabContext } from './experiment.js';

/**
 * Trains the quickstart's network on digits for some steps, without labels unless `options` has them, and loads it as the
 * file that would be exported. Images a second are told every hundred steps.
 */
export async function trainDigits(
  options: Extract<ConfigInput, { name?: string }>,
  { seed, engine, signal, note }: LabContext,
): Promise<ScoreModel> {
  const config = parseConfig({ ...presets.quickstart, labels: false, seed, ...options }, 'of the lab');
  const built = build(config);
  const plan = built.plan(await loadMnist({ signal, note }));
  const start = initialState(initialise(plan.network.specs, plan.seed), plan.optimiser, plan.objective);
  const running = await startPlan(plan, engine, start);
  let ema: Float32Array;
  try {
    for (let k = 1; k <= plan.steps; k++) {
      signal.throwIfAborted();
      const { loss } = await running.step(k);
      if (k % 100 === 0) note(`step ${k}/${plan.steps}  loss ${loss.toPrecision(3)}`);
    }
    ({ ema } = await running.read());
  } finally {
    await running.dispose();
  }
  await tf.ready();
  tf.engine().startScope();
  try {
    const { model } = built.exportModel(ema, {
      step: plan.steps,
      engine: engine.name,
      command: 'scorebridge lab',
    });
    return await loadModel(model, { signal });
  } finally {
    tf.engine().endScope();
  }
}
