import * as tf from '@tensorflow/tfjs';
import { mkdtemp, readdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, beforeEach, expect, test } from 'vitest';
import { build } from '../build.js';
import { parseConfig } from '../config/parse-config.js';
import type { ConfigInput } from '../config/schema.js';
import { tfjsCpuEngine } from '../engines/tfjs.js';
import { initialise } from '../models/parameters.js';
import { initialState } from '../optimiser/training-state.js';
import { trainingObservers } from './training-observers.js';

const small = {
  name: 'small',
  steps: 5,
  network: { base: 8, groups: 4, attention: [] },
  sampleEvery: 2,
  sampleCount: 2,
};
let runDir: string;

beforeAll(async () => {
  await tf.setBackend('cpu');
});
beforeEach(async () => {
  runDir = await mkdtemp(join(tmpdir(), 'scorebridge-observers-'));
});

/** Has steps of a run observed that does nothing else. */
async function observe(input: ConfigInput, steps: number[], signal = new AbortController().signal) {
  const config = parseConfig(input, 'small');
  const built = build(config);
  const notes: string[] = [];
  const options = { runDir, engine: 'compiled', command: 'none', threads: 1, signal };
  const observers = trainingObservers(config, built, { ...options, note: (text) => notes.push(text) });
  const read = async () => initialState(initialise(built.network.specs, 1));
  const engine = tfjsCpuEngine();
  await observers.see(
    { type: 'start', engine, parameters: 1, step: steps[0]! - 1, steps: config.steps },
    read,
  );
  for (const step of steps) {
    const entry = { step, loss: 1, gradNorm: 1, lr: 1, seconds: 1, imagesPerSecond: 1 };
    await observers.see({ type: 'step', steps: config.steps, ...entry }, read);
  }
  await observers.close();
  return notes;
}

test.each<[string, ConfigInput]>([
  ['vp', { ...small, process: { schedule: { T: 3 } } }],
  [
    've, without labels',
    {
      ...small,
      objective: 'dsm',
      process: { kind: 've', schedule: { L: 2 } },
      labels: false,
    },
  ],
])('samples are drawn every so many steps and after the last: %s', { tags: ['long'] }, async (_, config) => {
  expect(await observe(config, [1, 2, 3, 4, 5])).toEqual([]);
  expect((await readdir(runDir)).sort()).toEqual(['samples', 'tensorboard']);
  expect((await readdir(join(runDir, 'samples'))).sort()).toEqual([
    'step-00000002.png',
    'step-00000004.png',
    'step-00000005.png',
  ]);
});

test('nothing is written where nothing is asked for, nor is a classifier sampled', async () => {
  await observe({ ...small, sampleEvery: 0, tensorboard: false }, [1, 5]);
  expect(await readdir(runDir)).toEqual([]);
  await observe({ task: 'classifier', steps: 2 }, [1, 2]);
  expect(await readdir(runDir)).toEqual(['tensorboard']);
});

test('samples that cannot be written are told of, and the run goes on; Ctrl-C while drawing is no failure', async () => {
  await writeFile(join(runDir, 'samples'), 'a file in the way');
  const config = { ...small, process: { schedule: { T: 3 } } } as const;
  const notes = await observe(config, [2, 3, 4]);
  expect(notes.map((note) => note.slice(0, 24))).toEqual([
    'No samples of step 2: EE',
    'No samples of step 4: EE',
  ]);
  expect(await observe(config, [2], AbortSignal.abort(new Error('Interrupted.')))).toEqual([]);
});

test('a log that cannot be written is told of once, and the run goes on', async () => {
  await writeFile(join(runDir, 'tensorboard'), 'a file in the way');
  const notes = await observe({ ...small, logEvery: 1, sampleEvery: 0 }, [1, 2]);
  expect(notes.map((note) => note.slice(0, 44))).toEqual(['Nothing more is written for TensorBoard: EEX']);
});
