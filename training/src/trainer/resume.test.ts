import { mkdtemp, readdir, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { compiledEngine } from '../engines/compiled.js';
import type { Engine } from '../engines/engine.js';
import { tfjsCpuEngine } from '../engines/tfjs.js';
import { energyModel } from '../models/energy.js';
import { mlpEnergy } from '../models/mlp.js';
import { contrastiveDivergence } from '../objectives/contrastive-divergence.js';
import { BATCH, images, logOf, planFor, points, seed, stopAfter, untimed } from '../testing/small-runs.js';
import { train } from './train.js';
import type { TrainingEvent } from './training-event.js';
import type { TrainingPlan } from './training-plan.js';

const chains = (steps: number): TrainingPlan => ({
  ...planFor(energyModel(mlpEnergy({ dimensions: 2, hidden: [8] })), [2], steps),
  objective: contrastiveDivergence({ k: 2, chains: new Float32Array(2 * BATCH) }),
});

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'scorebridge-train-'));
});

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
