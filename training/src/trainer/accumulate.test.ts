import { linearBetas, normals } from '@scorebridge/runtime';
import { Tensor } from 'onnxruntime-common';
import { describe, expect, test } from 'vitest';
import { compiledEngine } from '../engines/compiled.js';
import type { Engine } from '../engines/engine.js';
import { tfjsCpuEngine } from '../engines/tfjs.js';
import { initialise } from '../models/parameters.js';
import { unet } from '../models/unet.js';
import { minSnrWeight } from '../objectives/loss-weights.js';
import { v } from '../objectives/v.js';
import { withDropout } from '../objectives/with-dropout.js';
import { initialState } from '../optimiser/training-state.js';
import { startPlan } from './running-plan.js';
import type { TrainingPlan } from './training-plan.js';

const seed = 14;
const BATCH = 12;
const network = unet({ shape: [4, 4, 1], base: 8, groups: 4, attention: [2], classes: 3, dropout: 0.2 });
const betas = linearBetas();
const plan: TrainingPlan = {
  config: {},
  seed,
  steps: 4,
  network,
  // All that is drawn for each sample: stratified time steps, weights, labels, dropout.
  objective: withDropout(v({ betas, classes: 3, weight: minSnrWeight() }), network),
  // With the usual epsilon, a step is mere rounding where a gradient happens to be near 0. A norm that is not reached
  // at each step, so that a gradient of another size would show in the parameters too.
  optimiser: { epsilon: 1e-4, weightDecay: 0.1, emaDecay: 0.9, clipNorm: 1, averages: { ema_9: 2 } },
  learningRate: () => 0.01,
  batch: (step) => ({
    x: new Tensor('float32', normals(new Float32Array(BATCH * 16), { seed: 99, step }), [BATCH, 4, 4, 1]),
    label: new Tensor(
      'int32',
      Int32Array.from({ length: BATCH }, (_, i) => i % 3),
      [BATCH],
    ),
  }),
};

async function trained(engine: Engine, accumulate: number) {
  const start = initialise(network.specs, seed);
  const moved = normals(new Float32Array(start.length), { seed }).map((z, i) => start[i]! + 0.1 * z);
  const running = await startPlan({ ...plan, accumulate }, engine, initialState(moved, plan.optimiser));
  const steps: { loss: number; gradNorm: number }[] = [];
  for (let k = 1; k <= plan.steps; k++) steps.push(await running.step(k));
  const state = await running.read();
  await running.dispose();
  return { start: moved, state, steps };
}

describe.each<[string, () => Promise<Engine>]>([
  ['compiled', () => compiledEngine({ provider: 'cpu', threads: 1 })],
  ['tfjs-cpu', async () => tfjsCpuEngine()],
])('on the engine %s', { tags: ['long'] }, (_, makeEngine) => {
  test('steps in 3 and in 12 parts are those of the whole batch but for rounding', async () => {
    const engine = await makeEngine();
    const whole = await trained(engine, 1);
    for (const parts of [3, BATCH]) {
      const { state, steps } = await trained(engine, parts);
      steps.forEach(({ loss, gradNorm }, i) => {
        const what = `step ${i + 1} in ${parts} parts, seed ${seed}`;
        expect(Math.abs(loss / whole.steps[i]!.loss - 1), what).toBeLessThan(1e-5);
        expect(Math.abs(gradNorm / whole.steps[i]!.gradNorm - 1), what).toBeLessThan(1e-4);
      });
      expect(Object.keys(state).sort()).toEqual(Object.keys(whole.state).sort());
      for (const [name, values] of Object.entries(state)) {
        const other = whole.state[name as 'ema'];
        const largest = Math.max(...other.map(Math.abs));
        const worst = Math.max(...values.map((value, i) => Math.abs(value - other[i]!)));
        expect(worst / largest, `${name} in ${parts} parts, seed ${seed}`).toBeLessThan(2e-5);
      }
    }
    // The steps have gone somewhere.
    const far = Math.max(...whole.state.parameters.map((value, i) => Math.abs(value - whole.start[i]!)));
    expect(far).toBeGreaterThan(1e-2);
  });
});
