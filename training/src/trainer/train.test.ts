import { linearBetas, normals } from '@scorebridge/runtime';
import { Tensor } from 'onnxruntime-common';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { readCheckpoint } from '../checkpoint/checkpoint.js';
import { listCheckpoints } from '../checkpoint/checkpoint-folder.js';
import { compiledEngine } from '../engines/compiled.js';
import type { Engine } from '../engines/engine.js';
import { tfjsCpuEngine } from '../engines/tfjs.js';
import { mlp } from '../models/mlp.js';
import type { Network } from '../models/network.js';
import { unet } from '../models/unet.js';
import { eps } from '../objectives/eps.js';
import { withDropout } from '../objectives/with-dropout.js';
import { parseTrainingLog } from '../plots/training-log.js';
import { NonFiniteError, train, type TrainingEvent, type TrainOptions } from './train.js';
import type { TrainingPlan } from './training-plan.js';

const seed = 5;
const BATCH = 4;

/** Trains on random numbers, which is all that is needed to see whether a run repeats itself. */
function planFor(network: Network, shape: readonly number[], steps: number): TrainingPlan {
  const size = shape.reduce((product, n) => product * n, BATCH);
  return {
    config: { name: 'test', steps },
    seed,
    steps,
    network,
    objective: withDropout(eps({ betas: linearBetas() }), network),
    optimiser: { weightDecay: 0.1, emaDecay: 0.9 },
    learningRate: (step) => 0.01 / step,
    batch: (step) => ({
      x: new Tensor('float32', normals(new Float32Array(size), { seed: 99, step }), [BATCH, ...shape]),
    }),
  };
}

const points = (steps: number) => planFor(mlp({ dimensions: 2, hidden: [8] }), [2], steps);
const images = (steps: number) =>
  planFor(unet({ shape: [4, 4, 1], base: 8, groups: 4, attention: [2], dropout: 0.2 }), [4, 4, 1], steps);

/** A signal that aborts once the step has been taken, and the listener that makes it so. */
function stopAfter(step: number): Pick<TrainOptions, 'signal' | 'onEvent'> {
  const stop = new AbortController();
  return {
    signal: stop.signal,
    onEvent: (event) => {
      if (event.type === 'step' && event.step === step) stop.abort();
    },
  };
}

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'scorebridge-train-'));
});

const logOf = async (runDir: string) => parseTrainingLog(await readFile(join(runDir, 'log.jsonl'), 'utf8'));
const untimed = (entries: Awaited<ReturnType<typeof logOf>>) =>
  entries.map(({ step, loss, gradNorm, lr }) => ({ step, loss, gradNorm, lr }));

describe.each<[string, () => Promise<Engine>, (steps: number) => TrainingPlan]>([
  ['compiled', () => compiledEngine({ provider: 'cpu' }), images],
  ['tfjs-cpu', async () => tfjsCpuEngine(), points],
])('on the engine %s', (_, makeEngine, planOf) => {
  test('a run that was stopped twice ends with the bits, and the log, of one that was not', async () => {
    const engine = await makeEngine();
    const [whole, parts] = [join(folder, 'whole'), join(folder, 'parts')];
    const plan = planOf(7);
    const { checkpoint, finished, last } = await train(plan, { runDir: whole, engine });
    expect([finished, last!.step]).toEqual([true, 7]);

    const first = await train(plan, { runDir: parts, engine, ...stopAfter(2) });
    expect([first.step, first.finished]).toEqual([2, false]);
    const events: TrainingEvent[] = [];
    const { signal, onEvent } = stopAfter(5);
    await train(planOf(7), {
      runDir: parts,
      engine,
      signal,
      onEvent: (event) => {
        events.push(event);
        onEvent!(event);
      },
    });
    expect(events[0]).toMatchObject({ type: 'start', step: 2, steps: 7, resumedFrom: first.checkpoint });
    const end = await train(plan, { runDir: parts, engine });

    expect((await readFile(end.checkpoint!)).equals(await readFile(checkpoint!))).toBe(true);
    const log = await logOf(whole);
    expect(log.map(({ step }) => step)).toEqual([1, 2, 3, 4, 5, 6, 7]);
    expect(untimed(await logOf(parts))).toEqual(untimed(log));
    const record = JSON.parse(await readFile(join(parts, 'run.json'), 'utf8')) as Record<string, unknown>;
    expect(record).toMatchObject({
      config: plan.config,
      seed,
      starts: [{ step: 0 }, { step: 2 }, { step: 5 }],
    });
    expect((await readdir(parts)).sort()).toEqual(['checkpoints', 'log.jsonl', 'run.json']);
  });
});
