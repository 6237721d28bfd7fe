import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { loadConfig } from './load-config.js';
import { presets } from './presets/index.js';

const folder = await mkdtemp(join(tmpdir(), 'scorebridge-'));
async function file(name: string, text: string): Promise<string> {
  await writeFile(join(folder, name), text);
  return join(folder, name);
}

test.each(Object.keys(presets))('the preset %s is valid and has its own name', async (name) => {
  expect((await loadConfig(name)).name).toBe(name);
});

test('overrides are laid over: groups merged, lists replaced, undefined ignored', async () => {
  const config = await loadConfig('quickstart', {
    steps: 5,
    seed: undefined,
    network: { base: 16, multipliers: [1, 2, 4] },
  });
  expect(config).toMatchObject({
    steps: 5,
    seed: 0,
    objective: 'v',
    network: { base: 16, multipliers: [1, 2, 4], attention: [7] },
  });
  expect(await loadConfig('quickstart')).toMatchObject({ steps: 1100, network: { base: 32 } });
});

test('an override that makes a group of another kind keeps what both kinds share', async () => {
  const mine = await file(
    'linear.json',
    '{"objective": "eps", "lossWeight": {"name": "min-snr", "gamma": 3}, "process": {"schedule": {"name": "linear", "T": 40, "betaEnd": 0.1}}}',
  );
  expect(await loadConfig(mine, { process: { schedule: { name: 'cosine' } } })).toMatchObject({
    lossWeight: { name: 'min-snr', gamma: 3 },
    process: { kind: 'vp', schedule: { name: 'cosine', T: 40, s: 0.008 } },
  });
  expect(
    await loadConfig(mine, { process: { schedule: { name: 'linear', betaStart: 0.01 } } }),
  ).toMatchObject({
    process: { schedule: { T: 40, betaStart: 0.01, betaEnd: 0.1 } },
  });
  expect(await loadConfig(mine, { lossWeight: { name: 'p2' } })).toMatchObject({
    lossWeight: { name: 'p2', k: 1, gamma: 1 },
  });
  const score = { objective: 'dsm', lossWeight: { name: 'uniform' }, process: { kind: 've' } };
  expect(await loadConfig(mine, { ...score, network: { kind: 'energy' } })).toMatchObject({
    ...score,
    process: { kind: 've', schedule: { name: 'geometric', L: 10 } },
    network: { kind: 'energy', channels: [32, 64, 64] },
  });
});

test('an option of another kind is refused where it is given, not only where it is left over', async () => {
  const wrong = { process: { schedule: { name: 'cosine', betaEnd: 0.1 } } };
  await expect(loadConfig('mnist-ddpm', wrong)).rejects.toThrow(
    "unknown option 'process.schedule.betaEnd': it goes with another kind of process.schedule.",
  );
  await expect(
    loadConfig('mnist-ddpm', { process: { schedule: { name: 'cosine', bogus: 1 } } }),
  ).rejects.toThrow("unknown option 'process.schedule.bogus'");
});

test('a file is named after itself unless it has a name', async () => {
  expect(await loadConfig(await file('mine.json', '{"steps": 3}'))).toMatchObject({ name: 'mine', steps: 3 });
  expect(await loadConfig(await file('its.json', '{"name": "own"}'))).toMatchObject({ name: 'own' });
});

test('the record of a run stands for its config, unless it began at a checkpoint of another run', async () => {
  const config = { name: 'own', steps: 7, engine: 'compiled' };
  const record = (step: number) => JSON.stringify({ config, seed: 0, starts: [{ step }, { step: 5 }] });
  const path = await file('run.json', record(0));
  expect(await loadConfig(path, { batch: 3 })).toMatchObject({ ...config, batch: 3 });
  await expect(loadConfig(await file('later.json', record(4)))).rejects.toThrow(
    /later\.json began at step 4 of another one, so that its record cannot repeat it/,
  );
});

test('what cannot be read is refused by name', async () => {
  await expect(loadConfig('quikstart')).rejects.toThrow(
    /There is no config quikstart \(ENOENT\): expected quickstart, .*, or the path of a JSON file\./,
  );
  await expect(loadConfig(await file('half.json', '{"steps": '))).rejects.toThrow(/half\.json is not JSON/);
  await expect(loadConfig(await file('list.json', '[]'))).rejects.toThrow(/list\.json is a list/);
  await expect(loadConfig('quickstart', { stpes: 1 })).rejects.toThrow("did you mean 'steps'");
});
