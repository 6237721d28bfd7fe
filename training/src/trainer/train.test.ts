import { Tensor } from 'onnxruntime-common';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { listCheckpoints } from '../checkpoint/checkpoint-folder.js';
import { readCheckpoint, stateOf } from '../checkpoint/checkpoint.js';
import { tfjsCpuEngine } from '../engines/tfjs.js';
import { mlp } from '../models/mlp.js';
import { logOf, planFor, points, seed, stopAfter, untimed } from '../testing/small-runs.js';
import { NonFiniteError } from './non-finite-error.js';
import type { StepEntry } from './run-log.js';
import { train } from './train.js';
import type { TrainingPlan } from './training-plan.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'scorebridge-train-'));
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
