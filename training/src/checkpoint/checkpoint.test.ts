import { normals } from '@scorebridge/runtime';
import { mkdtemp, readdir, readFile, stat, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { zeros } from '../models/initialisers.js';
import type { ParameterSpec } from '../models/parameters.js';
import type { TrainingState } from '../optimiser/training-state.js';
import { CheckpointError, readCheckpoint, stateOf, writeCheckpoint } from './checkpoint.js';
import {
  bestCheckpointPath,
  checkpointPath,
  listCheckpoints,
  readLatestCheckpoint,
  rotateCheckpoints,
} from './checkpoint-folder.js';
import { decodeSafetensors } from './safetensors.js';

const specs: ParameterSpec[] = [
  { name: 'stem/kernel', shape: [2, 3], init: zeros },
  { name: 'stem/bias', shape: [3], init: zeros },
];
const draw = (sample: number) => normals(new Float32Array(9), { seed: 8, sample });
const state: TrainingState = {
  parameters: draw(0),
  first_moment: draw(1),
  second_moment: draw(2),
  ema: draw(3),
};

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'scorebridge-checkpoint-'));
});

const write = (step: number) =>
  writeCheckpoint(checkpointPath(folder, step), {
    step,
    config: { name: 'x' },
    engine: 'compiled',
    specs,
    state,
  });

test('holds what an objective keeps, of any length', async () => {
  const kept = { ...state, 'memory/chains': draw(4).slice(0, 4) };
  const path = checkpointPath(folder, 1);
  await writeCheckpoint(path, { step: 1, config: {}, engine: 'compiled', specs, state: kept });
  expect(stateOf(await readCheckpoint(path), specs)).toEqual(kept);
});

test('holds the state by parameter, the step and the config', async () => {
  await write(30);
  const path = checkpointPath(folder, 30);
  const checkpoint = await readCheckpoint(path);
  expect(checkpoint).toMatchObject({ path, step: 30, config: { name: 'x' }, engine: 'compiled' });
  expect(stateOf(checkpoint, specs)).toEqual(state);
  const { tensors } = decodeSafetensors(await readFile(path));
  expect([...tensors.keys()]).toEqual(
    ['parameters', 'first_moment', 'second_moment', 'ema'].flatMap((part) => [
      `${part}/stem/kernel`,
      `${part}/stem/bias`,
    ]),
  );
  expect(tensors.get('ema/stem/bias')).toEqual({ shape: [3], data: state.ema.slice(6) });
});

test('holds the further moving averages after the other parts', async () => {
  const more = { ...state, ema_500: draw(4), ema_20000: draw(5) };
  const path = checkpointPath(folder, 3);
  await writeCheckpoint(path, { step: 3, config: {}, engine: 'compiled', specs, state: more });
  const checkpoint = await readCheckpoint(path);
  expect(stateOf(checkpoint, specs)).toEqual(more);
  expect([...checkpoint.tensors.keys()].slice(-2)).toEqual(['ema_20000/stem/kernel', 'ema_20000/stem/bias']);
  expect(() => stateOf(checkpoint, specs.slice(1))).toThrow('its parameters/stem/kernel is not in this one');
});

describe('a checkpoint of another network is refused by the name of what differs:', () => {
  const [kernel, bias] = specs as [ParameterSpec, ParameterSpec];
  test.each<[string, ParameterSpec[], RegExp]>([
    ['a parameter more', [kernel, bias, { ...bias, name: 'extra' }], /it has no parameters\/extra/],
    ['one less', [kernel], /its parameters\/stem\/bias is not in this one/],
    [
      'another shape',
      [{ ...kernel, shape: [3, 2] }, bias],
      /stem\/kernel is \[2, 3\], this one's is \[3, 2\]/,
    ],
  ])('%s', async (_, other, sentence) => {
    await write(1);
    const checkpoint = await readCheckpoint(checkpointPath(folder, 1));
    expect(() => stateOf(checkpoint, other)).toThrow(sentence);
    expect(() => stateOf(checkpoint, other)).toThrow(CheckpointError);
  });
});

describe('the latest checkpoint', () => {
  test('is the one with the most steps, whatever else lies there', async () => {
    expect(await readLatestCheckpoint(join(folder, 'none'))).toBeUndefined();
    expect(await readLatestCheckpoint(folder)).toBeUndefined();
    for (const step of [90, 100_000_000, 200]) await write(step);
    await writeFile(join(folder, '.step-99999999.safetensors.1-2.tmp'), 'half');
    await writeFile(join(folder, 'step-last.safetensors'), 'of somebody');
    expect((await readLatestCheckpoint(folder))!.step).toBe(100_000_000);
  });

  test('is refused if it is damaged, and the latest intact one is offered', async () => {
    for (const step of [10, 20, 30]) await write(step);
    await truncate(checkpointPath(folder, 30), (await stat(checkpointPath(folder, 30))).size - 1);
    await expect(readLatestCheckpoint(folder)).rejects.toThrow(
      `The checkpoint ${checkpointPath(folder, 30)} cannot be used: it is truncated or altered: its checksum is not ` +
        `that of its bytes. The one before it, ${checkpointPath(folder, 20)}, is intact: take that one.`,
    );
    await truncate(checkpointPath(folder, 20), 0);
    await expect(readLatestCheckpoint(folder)).rejects.toThrow(`${checkpointPath(folder, 10)}, is intact`);
    await truncate(checkpointPath(folder, 10), 5);
    await expect(readLatestCheckpoint(folder)).rejects.toThrow(/No earlier one is intact/);
  });
});

test('rotation keeps the last k and the best, and nothing of an abandoned future or an unfinished write', async () => {
  for (const step of [10, 20, 30, 40, 50]) await write(step);
  await writeFile(join(folder, '.step-00000060.safetensors.1-2.tmp'), 'half');
  await writeFile(join(folder, '.best.safetensors.1-2.tmp'), 'half');
  await writeFile(bestCheckpointPath(folder), 'the best of all steps');
  await writeFile(join(folder, 'notes.txt'), 'of somebody');
  await rotateCheckpoints(folder, 40, 3);
  expect((await listCheckpoints(folder)).map((path) => basename(path))).toEqual(
    [40, 30, 20].map((step) => `step-000000${step}.safetensors`),
  );
  expect((await readdir(folder)).filter((name) => !/^step/.test(name)).sort()).toEqual([
    'best.safetensors',
    'notes.txt',
  ]);
});
