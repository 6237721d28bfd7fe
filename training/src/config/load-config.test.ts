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
