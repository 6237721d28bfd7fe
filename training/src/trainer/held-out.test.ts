import { linearBetas, normals } from '@scorebridge/runtime';
import * as tf from '@tensorflow/tfjs';
import { Tensor } from 'onnxruntime-common';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { bestCheckpointPath, listCheckpoints } from '../checkpoint/checkpoint-folder.js';
import { readCheckpoint, stateOf } from '../checkpoint/checkpoint.js';
import { compiledEngine } from '../engines/compiled.js';
import type { Engine } from '../engines/engine.js';
import { tfjsCpuEngine } from '../engines/tfjs.js';
import { unpack } from '../models/parameters.js';
import { eps } from '../objectives/eps.js';
import { BATCH, images, points, seed, stopAfter } from '../testing/small-runs.js';
import { train } from './train.js';
import type { TrainingPlan } from './training-plan.js';

/** The plan with two held-out batches; after step 4 it walks away from what it has learned. */
const judged = (plan: TrainingPlan, shape: readonly number[]): TrainingPlan => {
  const size = shape.reduce((product, n) => product * n, BATCH);
  return {
    ...plan,
    learningRate: (step) => (step <= 4 ? 0.02 : 1),
    validation: {
      objective: eps({ betas: linearBetas() }),
      batches: 2,
      batch: (k) => ({
        x: new Tensor('float32', normals(new Float32Array(size), { seed: 98, step: k }), [BATCH, ...shape]),
      }),
    },
  };
};

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'scorebridge-train-'));
});

describe.each<[string, () => Promise<Engine>, (steps: number) => TrainingPlan]>([
  ['compiled', () => compiledEngine({ provider: 'cpu' }), (steps) => judged(images(steps), [4, 4, 1])],
  ['tfjs-cpu', async () => tfjsCpuEngine(), (steps) => judged(points(steps), [2])],
])('held-out data on the engine %s', { tags: ['long'] }, (_, makeEngine, planOf) => {
  test('tell the best checkpoint, which stays, and leave the training as it is', async () => {
    const engine = await makeEngine();
    const [with_, without] = [join(folder, 'with'), join(folder, 'without')];
    const plan = planOf(9);
    const found = new Map<number, number>();
    const kept = new Map<number, Buffer>();
    const { best, checkpoint } = await train(plan, {
      runDir: with_,
      engine,
      evaluateEvery: 2,
      checkpointEvery: 1,
      keepCheckpoints: 2,
      async onEvent(event) {
        if (event.type === 'checkpoint') kept.set(event.step, await readFile(event.path));
        if (event.type !== 'evaluation') return;
        expect(event.best).toBe(event.validation < Math.min(Infinity, ...found.values()));
        found.set(event.step, event.validation);
      },
    });
    expect([...found.keys()]).toEqual([2, 4, 6, 8, 9]);
    const least = Math.min(...found.values());
    // Neither the first nor the last, so that keeping either would show.
    expect([2, 9].map((step) => found.get(step))).not.toContain(least);
    const path = bestCheckpointPath(join(with_, 'checkpoints'));
    expect(best).toEqual({ path, step: best!.step, validation: least });
    expect(found.get(best!.step)).toBe(least);
    const read = await readCheckpoint(path);
    expect([read.step, read.validation]).toEqual([best!.step, least]);
    await writeFile(join(folder, 'copy'), kept.get(best!.step)!);
    expect(read.tensors).toEqual((await readCheckpoint(join(folder, 'copy'))).tensors);
    expect((await listCheckpoints(join(with_, 'checkpoints'))).length).toBe(2);

    const lines = (await readFile(join(with_, 'log.jsonl'), 'utf8')).trim().split('\n');
    const logged = lines.map((line) => JSON.parse(line) as { step: number; validation?: number });
    expect(logged.filter(({ validation }) => validation !== undefined).map(({ step }) => step)).toEqual([
      ...found.keys(),
    ]);

    const { checkpoint: other } = await train(
      { ...plan, validation: undefined },
      { runDir: without, engine },
    );
    expect((await readFile(checkpoint!)).equals(await readFile(other!))).toBe(true);
  });

  test('are seen by the moving average, without dropout, with the same noise each time', async () => {
    const engine = await makeEngine();
    const plan = { ...planOf(3), learningRate: () => 0.05 };
    const { best } = await train(plan, { runDir: folder, engine, evaluateEvery: 3 });
    const { network, validation } = plan;
    const { ema } = stateOf(await readCheckpoint(best!.path), network.specs);
    await tf.setBackend('cpu');
    const losses = [1, 2].map((k) =>
      tf.tidy(() => {
        const drawn = validation!.objective.draw(validation!.batch(k), { seed, step: 2 ** 32 - k });
        const inputs = Object.entries(drawn).map(([name, { data, dims }]) => [
          name,
          tf.tensor(data as Float32Array, [...dims]),
        ]);
        const p = unpack(tf.tensor1d(ema), network.specs);
        return validation!.objective
          .loss((x, level) => network.apply(p, x, level), Object.fromEntries(inputs))
          .dataSync()[0]!;
      }),
    );
    expect(Math.abs(best!.validation / ((losses[0]! + losses[1]!) / 2) - 1), `seed ${seed}`).toBeLessThan(
      1e-5,
    );
  });

  test('tell the same best checkpoint of a run that was stopped after it, and went on from before it', async () => {
    const engine = await makeEngine();
    const [whole, parts] = [join(folder, 'whole'), join(folder, 'parts')];
    const options = { engine, evaluateEvery: 1, checkpointEvery: 3 };
    const plan = planOf(8);
    const { best } = await train(plan, { ...options, runDir: whole });
    await train(plan, { ...options, runDir: parts, ...stopAfter(best!.step + 1) });
    const [latest] = await listCheckpoints(join(parts, 'checkpoints'));
    await rm(latest!);
    const again = await train(plan, { ...options, runDir: parts });
    expect(again.best).toMatchObject({ step: best!.step, validation: best!.validation });
    expect((await readFile(again.best!.path)).equals(await readFile(best!.path))).toBe(true);
    expect((await train(plan, { ...options, runDir: parts })).best).toEqual(again.best);
  });
});
