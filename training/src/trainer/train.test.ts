import { linearBetas, normals } from '@scorebridge/runtime';
import * as tf from '@tensorflow/tfjs';
import { Tensor } from 'onnxruntime-common';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { readCheckpoint, stateOf } from '../checkpoint/checkpoint.js';
import { bestCheckpointPath, listCheckpoints } from '../checkpoint/checkpoint-folder.js';
import { compiledEngine } from '../engines/compiled.js';
import type { Engine } from '../engines/engine.js';
import { tfjsCpuEngine } from '../engines/tfjs.js';
import { energyModel } from '../models/energy.js';
import { mlp, mlpEnergy } from '../models/mlp.js';
import { unpack } from '../models/parameters.js';
import type { Network } from '../models/network.js';
import { unet } from '../models/unet.js';
import { contrastiveDivergence } from '../objectives/contrastive-divergence.js';
import { eps } from '../objectives/eps.js';
import { withDropout } from '../objectives/with-dropout.js';
import { parseTrainingLog } from '../plots/training-log.js';
import type { StepEntry } from './run-log.js';
import { NonFiniteError } from './non-finite-error.js';
import { train, type TrainOptions } from './train.js';
import type { TrainingEvent } from './training-event.js';
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
    optimiser: { weightDecay: 0.1, emaDecay: 0.9, averages: { ema_12: 3 } },
    learningRate: (step) => 0.01 / step,
    batch: (step) => ({
      x: new Tensor('float32', normals(new Float32Array(size), { seed: 99, step }), [BATCH, ...shape]),
    }),
  };
}

const points = (steps: number) => planFor(mlp({ dimensions: 2, hidden: [8] }), [2], steps);
const images = (steps: number) =>
  planFor(unet({ shape: [4, 4, 1], base: 8, groups: 4, attention: [2], dropout: 0.2 }), [4, 4, 1], steps);

const chains = (steps: number): TrainingPlan => ({
  ...planFor(energyModel(mlpEnergy({ dimensions: 2, hidden: [8] })), [2], steps),
  objective: contrastiveDivergence({ k: 2, chains: new Float32Array(2 * BATCH) }),
});

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
  ['compiled, with chains that persist', () => compiledEngine({ provider: 'cpu' }), chains],
  ['tfjs-cpu, with chains that persist', async () => tfjsCpuEngine(), chains],
])('on the engine %s', { tags: ['long'] }, (_, makeEngine, planOf) => {
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
      onEvent: (event, read) => {
        events.push(event);
        onEvent!(event, read);
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

describe('a run', () => {
  const engine = tfjsCpuEngine();
  const checkpoints = () => listCheckpoints(join(folder, 'checkpoints'));

  test('that died between two checkpoints goes on from the first, in its log too', async () => {
    const plan = points(6);
    const whole = join(folder, 'whole');
    const died = join(folder, 'died');
    await train(plan, { runDir: whole, engine });
    await train(plan, { runDir: died, engine, ...stopAfter(4) });
    const log = join(died, 'log.jsonl');
    const text = await readFile(log, 'utf8');
    await writeFile(log, `${text}${JSON.stringify({ step: 5, loss: 99, seconds: 9 })}\n{"step":6,"lo`);
    await train(plan, { runDir: died, engine });
    expect(untimed(await logOf(died))).toEqual(untimed(await logOf(whole)));
    const seconds = (await logOf(died)).map((entry) => (entry as unknown as StepEntry).seconds);
    expect(seconds).toEqual(seconds.toSorted((a, b) => a - b));
    expect(seconds[5]).toBeLessThan(9);
  });

  test('writes checkpoints at its interval and at its end, and keeps the last', async () => {
    const written: number[] = [];
    await train(points(11), {
      runDir: folder,
      engine,
      checkpointEvery: 2,
      keepCheckpoints: 2,
      onEvent: (event) => {
        if (event.type === 'checkpoint') written.push(event.step);
      },
    });
    expect(written).toEqual([2, 4, 6, 8, 10, 11]);
    const kept = await Promise.all((await checkpoints()).map(readCheckpoint));
    expect(kept.map(({ step }) => step)).toEqual([11, 10]);
  });

  test('tells of every step and of the state that it has left, which is not part of its time', async () => {
    const now = performance.now.bind(performance);
    let elsewhere = 0;
    const clock = vi.spyOn(performance, 'now').mockImplementation(() => now() + elsewhere);
    const seen: { step: number; parameters: Float32Array }[] = [];
    const { last, checkpoint } = await train(points(3), {
      runDir: folder,
      engine,
      async onEvent(event, read) {
        if (event.type !== 'step') return;
        seen.push({ step: event.step, parameters: (await read()).parameters });
        elsewhere += 1e9;
      },
    });
    clock.mockRestore();
    expect(seen.map(({ step }) => step)).toEqual([1, 2, 3]);
    expect(last!.seconds).toBeLessThan(1e6);
    const { parameters } = stateOf(await readCheckpoint(checkpoint!), points(3).network.specs);
    expect(seen[2]!.parameters).toEqual(parameters);
    expect(seen[1]!.parameters).not.toEqual(parameters);
  });

  test('that is finished is left as it is', async () => {
    const { checkpoint } = await train(points(2), { runDir: folder, engine });
    const before = await readFile(join(folder, 'run.json'), 'utf8');
    const again = await train(points(2), { runDir: folder, engine });
    expect(again).toEqual({ step: 2, finished: true, checkpoint });
    expect(await readFile(join(folder, 'run.json'), 'utf8')).toBe(before);
  });

  test.each([
    ['loss', (step: number) => (step === 5 ? NaN : 1), /^The loss is NaN at step 5 \(batch 5 of seed 5/],
    // The square of 1e25 overflows in the norm of the gradient, not in the loss.
    [
      'gradient',
      (step: number) => (step === 5 ? 1e17 : 1),
      /^The norm of the gradient is Infinity at step 5/,
    ],
  ])('stops on a %s that is not finite, and names the last good checkpoint', async (_, scale, sentence) => {
    const plan = points(8);
    const spoilt: TrainingPlan = {
      ...plan,
      batch(step) {
        const { x } = plan.batch(step);
        return {
          x: new Tensor(
            'float32',
            (x.data as Float32Array).map((v) => v * scale(step)),
            x.dims,
          ),
        };
      },
    };
    const failure = train(spoilt, { runDir: folder, engine, checkpointEvery: 2 });
    await expect(failure).rejects.toThrow(NonFiniteError);
    await expect(failure).rejects.toThrow(sentence);
    const [latest] = await checkpoints();
    expect((await readCheckpoint(latest!)).step).toBe(4);
    await expect(failure).rejects.toThrow(latest);
    expect(existsSync(join(folder, 'lock.json'))).toBe(false);
  });

  test('never saves parameters that are not finite', async () => {
    const plan = { ...points(3), learningRate: () => Infinity };
    await expect(train(plan, { runDir: folder, engine, checkpointEvery: 1 })).rejects.toThrow(
      /^A parameter is not finite after step 1 .*before the first checkpoint/,
    );
    expect(await checkpoints()).toEqual([]);
  });

  test('goes on from the checkpoint that is offered in place of a damaged one', async () => {
    const whole = join(folder, 'whole');
    await train(points(8), { runDir: whole, engine });
    const runDir = join(folder, 'damaged');
    const options = { runDir, engine, checkpointEvery: 2 };
    await train(points(8), { ...options, ...stopAfter(6) });
    const [latest, before] = (await listCheckpoints(join(runDir, 'checkpoints'))) as [string, string];
    const bytes = await readFile(latest);
    bytes[bytes.length - 3]! ^= 1;
    await writeFile(latest, bytes);
    const offer = `The one before it, ${before}, is intact`;
    await expect(train(points(8), options)).rejects.toThrow(offer);
    await expect(train(points(8), { ...options, resume: latest })).rejects.toThrow(offer);
    const { checkpoint } = await train(points(8), { ...options, resume: before });
    expect(
      (await readFile(checkpoint!)).equals(await readFile(join(whole, 'checkpoints', basename(checkpoint!)))),
    ).toBe(true);
    expect(untimed(await logOf(runDir))).toEqual(untimed(await logOf(whole)));
  });

  test('of another configuration or network is refused, and so is a second trainer', async () => {
    const options = { runDir: folder, engine };
    await train(points(3), options);
    await expect(train(points(4), options)).rejects.toThrow(
      /holds a run of another configuration \(steps is 3 there, 4 here\)/,
    );
    const [resume] = await checkpoints();
    expect((await train(points(4), { ...options, resume })).step).toBe(4);
    const wider = planFor(mlp({ dimensions: 2, hidden: [9] }), [2], 4);
    await expect(train(wider, options)).rejects.toThrow(
      /of another network: its parameters\/hidden.0\/kernel is/,
    );
    await expect(train(points(2), { ...options, resume })).rejects.toThrow(
      /at step 3, and the run has 2 steps/,
    );

    await writeFile(
      join(folder, 'lock.json'),
      JSON.stringify({ pid: process.ppid, host: hostname(), token: '' }),
    );
    await expect(train(points(4), options)).rejects.toThrow(/Another trainer is at work/);
  });

  test('goes on from a checkpoint of another run in a folder of its own, and leaves one that holds a run as it is', async () => {
    const [other, runDir] = [join(folder, 'other'), join(folder, 'own')];
    const { checkpoint: resume } = await train(points(2), { runDir: other, engine });
    await train(points(4), { runDir, engine, checkpointEvery: 2 });
    const before = await readdir(runDir, { recursive: true });
    const log = await readFile(join(runDir, 'log.jsonl'), 'utf8');
    await expect(train(points(3), { runDir, engine, resume })).rejects.toThrow(/own holds a run of its own/);
    expect(await readdir(runDir, { recursive: true })).toEqual(before);
    expect(await readFile(join(runDir, 'log.jsonl'), 'utf8')).toBe(log);
    const { step } = await train(points(3), { runDir: join(folder, 'fresh'), engine, resume });
    expect(step).toBe(3);
  });

  test('that keeps other averages than its checkpoint has its own: those it lacks begin at its parameters', async () => {
    const plan = points(2);
    const { checkpoint: resume } = await train(plan, { runDir: join(folder, 'one'), engine });
    const before = await readCheckpoint(resume!);
    expect([...before.tensors.keys()].some((name) => name.startsWith('ema_12/'))).toBe(true);
    const other = { ...points(3), optimiser: { ...plan.optimiser, averages: { ema_9: 2 } } };
    const { checkpoint } = await train(other, { runDir: join(folder, 'other'), engine, resume });
    const { parameters } = stateOf(before, plan.network.specs);
    const after = stateOf(await readCheckpoint(checkpoint!), plan.network.specs);
    expect(Object.keys(after).sort()).toEqual(
      ['parameters', 'first_moment', 'second_moment', 'ema', 'ema_9'].sort(),
    );
    // After two steps the half-life is a tenth of a step.
    after.ema_9!.forEach((value, i) => {
      const expected = after.parameters[i]! + 0.5 ** 10 * (parameters[i]! - after.parameters[i]!);
      expect(Math.abs(value - expected), `seed ${seed}`).toBeLessThan(1e-6);
    });
  });

  test('that is refused leaves no folder behind', async () => {
    const options = { runDir: join(folder, 'a', 'b'), engine, resume: join(folder, 'none.safetensors') };
    await expect(train(points(1), options)).rejects.toThrow(/none\.safetensors cannot be used: .*ENOENT/);
    expect(await readdir(folder)).toEqual([]);
  });

  test('that cannot be written is refused in one sentence', async () => {
    await writeFile(join(folder, 'file'), '');
    await expect(train(points(1), { runDir: join(folder, 'file', 'run'), engine })).rejects.toThrow(
      /^Cannot write the run to .* \(ENOTDIR\): choose a folder that can be written\.$/,
    );
    await expect(train(points(1), { runDir: join(folder, 'file'), engine })).rejects.toThrow(/\(EEXIST\)/);
  });

  test('that is stopped before it starts writes nothing', async () => {
    const runDir = join(folder, 'never');
    const signal = AbortSignal.abort(new Error('no'));
    await expect(train(points(1), { runDir, engine, signal })).rejects.toThrow('no');
    expect(existsSync(runDir)).toBe(false);
  });
});
