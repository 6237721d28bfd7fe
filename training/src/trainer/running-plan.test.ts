import { linearBetas } from '@scorebridge/runtime';
import { Tensor } from 'onnxruntime-common';
import { setImmediate } from 'node:timers/promises';
import { expect, test } from 'vitest';
import type { Engine } from '../engines/engine.js';
import { unet } from '../models/unet.js';
import { initialise } from '../models/parameters.js';
import { v } from '../objectives/v.js';
import { initialState } from '../optimiser/training-state.js';
import { startPlan } from './running-plan.js';

test('the data of the next step are drawn while the engine computes, and none after the last step', async () => {
  let finish: () => void = () => undefined;
  const engine: Engine = {
    name: 'compiled',
    device: 'none',
    reason: 'a test',
    partsOf: () => 1,
    start: async () => ({
      run: () => new Promise((resolve) => (finish = () => resolve({ loss: 1, gradNorm: 1 }))),
      sum: () => Promise.reject(new Error('not in parts')),
      read: async () => ({}),
      dispose: async () => undefined,
    }),
  };
  const network = unet({ shape: [4, 4, 1], base: 8, groups: 4 });
  const drawn: number[] = [];
  const plan = {
    config: {},
    seed: 1,
    steps: 3,
    network,
    objective: v({ betas: linearBetas() }),
    optimiser: {},
    learningRate: () => 1e-3,
    batch(step: number) {
      drawn.push(step);
      return { x: new Tensor('float32', new Float32Array(32), [2, 4, 4, 1]) };
    },
  };
  const running = await startPlan(plan, engine, initialState(initialise(network.specs, 1)));
  for (const [k, expected] of [
    [1, [1, 2]],
    [2, [1, 2, 3]],
    [3, [1, 2, 3]],
  ] as const) {
    const step = running.step(k);
    await setImmediate();
    expect(drawn).toEqual(expected);
    finish();
    expect(await step).toEqual({ loss: 1, gradNorm: 1, images: 2 });
  }
});

test('an objective with a memory, which parts would each assign, sees its batch whole', async () => {
  const engine: Engine = {
    name: 'compiled',
    device: 'none',
    reason: 'a test',
    partsOf: () => 2,
    start: async () => ({
      run: async () => ({ loss: 1, gradNorm: 1 }),
      sum: () => Promise.reject(new Error('in parts')),
      read: async () => ({}),
      dispose: async () => undefined,
    }),
  };
  const network = unet({ shape: [4, 4, 1], base: 8, groups: 4 });
  const plan = {
    ...{ config: {}, seed: 1, steps: 1, network, optimiser: {}, accumulate: 2, learningRate: () => 1e-3 },
    objective: { ...v({ betas: linearBetas() }), memory: { kept: new Float32Array(1) } },
    batch: () => ({ x: new Tensor('float32', new Float32Array(32), [2, 4, 4, 1]) }),
  };
  const running = await startPlan(plan, engine, initialState(initialise(network.specs, 1)));
  expect(await running.step(1)).toEqual({ loss: 1, gradNorm: 1, images: 2 });
});
