import { loadModel, normals } from '@scorebridge/runtime';
import * as tf from '@tensorflow/tfjs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { build } from './build.js';
import { writeCheckpoint } from './checkpoint/checkpoint.js';
import { bestCheckpointPath, checkpointPath } from './checkpoint/checkpoint-folder.js';
import { parseConfig } from './config/parse-config.js';
import { exportRun } from './export-run.js';
import { initialise, unpack } from './models/parameters.js';
import { initialState } from './optimiser/training-state.js';
import { runFiles } from './trainer/run-files.js';

const seed = 5;
const tiny = { name: 'tiny', batch: 100, network: { base: 8, groups: 4, attention: [] } };
const config = parseConfig({ ...tiny, emaHalfLives: [500] }, 'tiny');
const { network, config: kept } = build(config);
const start = initialise(network.specs, seed);
// No zero is left: the last layer starts with zeros, which would hide the rest.
const parameters = normals(new Float32Array(start.length), { seed }).map((z, i) => start[i]! + 0.1 * z);
const ema = normals(new Float32Array(start.length), { seed, sample: 1 }).map((z, i) => start[i]! + 0.1 * z);
const slow = normals(new Float32Array(start.length), { seed, sample: 3 }).map((z, i) => start[i]! + 0.1 * z);
let run: string;

beforeAll(async () => {
  await tf.setBackend('cpu');
  run = await mkdtemp(join(tmpdir(), 'scorebridge-'));
  const { checkpoints, record } = runFiles(run);
  for (const step of [3, 7]) {
    const state = {
      ...initialState(step === 7 ? parameters : start),
      ...(step === 7 && { ema, ema_500: slow }),
    };
    await writeCheckpoint(checkpointPath(checkpoints, step), {
      step,
      config: kept,
      engine: 'compiled',
      specs: network.specs,
      state,
    });
  }
  await writeCheckpoint(bestCheckpointPath(checkpoints), {
    step: 5,
    config: kept,
    engine: 'compiled',
    validation: 0.25,
    specs: network.specs,
    state: initialState(start),
  });
  await writeFile(record, JSON.stringify({ starts: [{ command: 'scorebridge train tiny' }] }));
});

test.each([
  ['the moving average', {}, ema, config.emaDecay],
  ['the moving average of another half-life', { ema: 500 }, slow, 0.5 ** 0.2],
  ['the parameters as trained', { raw: true }, parameters, null],
])('the exported model computes what the network computes with %s', async (_, options, weights, decay) => {
  const { model, step, external, name } = await exportRun(run, { ...options, figures: { frechet: 12 } });
  expect([name, step, external.length]).toEqual(['tiny', 7, 0]);
  const loaded = await loadModel(model, { provider: 'cpu' });
  expect(loaded.card).toMatchObject({
    name: 'tiny',
    step: 7,
    ema: decay,
    command: 'scorebridge train tiny',
    figures: { frechet: 12 },
    dataset: { name: 'MNIST' },
  });
  const x = normals(new Float32Array(3 * 784), { seed, sample: 2 });
  const [level, label] = [Float32Array.of(1, 400, 1000), Int32Array.of(0, 9, 10)];
  const expected = tf.tidy(() =>
    network
      .apply(
        unpack(tf.tensor1d(weights), network.specs),
        tf.tensor4d(x, [3, 28, 28, 1]),
        tf.tensor1d(level),
        tf.tensor1d(label, 'int32'),
      )
      .dataSync(),
  );
  const predicted = await loaded.predict(x, level, label);
  await loaded.release();
  const error = Math.max(...predicted.map((value, i) => Math.abs(value - expected[i]!)));
  expect(Math.max(...expected.map(Math.abs))).toBeGreaterThan(0.5);
  expect(error, `seed ${seed}`).toBeLessThan(1e-4);
});

test(
  'takes the checkpoint that is asked for: the last, the best, or that of a step',
  { tags: ['long'] },
  async () => {
    const steps = [undefined, 'last', 'best', 3] as const;
    const found = await Promise.all(
      steps.map(async (checkpoint) => (await exportRun(run, { checkpoint })).step),
    );
    expect(found).toEqual([7, 7, 5, 3]);
    await expect(exportRun(run, { checkpoint: 4 })).rejects.toThrow(
      'has no checkpoint of step 4: it has those of the steps 7, 3.',
    );
    const { checkpoints } = runFiles(run);
    await expect(exportRun(checkpointPath(checkpoints, 3), { checkpoint: 'best' })).rejects.toThrow(
      'is a file: to choose among the checkpoints of a run, name its folder',
    );
    await expect(exportRun(run, { ema: 400 })).rejects.toThrow(
      'keeps no moving average with a half-life of 400 images: it keeps that of emaDecay and of 500 images.',
    );
    await rm(bestCheckpointPath(checkpoints));
    await expect(exportRun(run, { checkpoint: 'best' })).rejects.toThrow('has no best checkpoint');
  },
);

test('takes a checkpoint by its path, and says what is missing', async () => {
  const { checkpoints } = runFiles(run);
  expect((await exportRun(checkpointPath(checkpoints, 3))).step).toBe(3);
  await expect(exportRun(join(run, 'nowhere'))).rejects.toThrow('There is no run or checkpoint');
  await expect(exportRun(await mkdtemp(join(tmpdir(), 'scorebridge-')))).rejects.toThrow('has no checkpoint');
});
