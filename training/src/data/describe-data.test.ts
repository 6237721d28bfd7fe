import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import { build } from '../build.js';
import { parseConfig } from '../config/parse-config.js';
import { npyBytes } from '../testing/npy-bytes.js';
import { datasetOf } from './datasets.js';
import { describeData } from './describe-data.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'scorebridge-'));
  return () => rm(folder, { recursive: true });
});
const config = (options: object) => parseConfig(options, 'x');
const network = { base: 8, groups: 4, multipliers: [1], attention: [] };
const run = { step: 1, engine: 'compiled', command: 'scorebridge train' };

test('a folder of images: size from the config, classes from its folders, name from its own', async () => {
  for (const name of ['b', 'a']) {
    await mkdir(join(folder, 'flowers', name), { recursive: true });
    await writeFile(join(folder, 'flowers', name, '1.png'), '');
  }
  const written = config({ dataset: 'images', images: { height: 8, width: 12, channels: 1 }, network });
  expect(() => build(written)).toThrow("The shape of 'images' is not known before they are looked at");
  const described = await describeData(written, { dir: join(folder, 'flowers') });
  expect(described.data).toEqual({ shape: [8, 12, 1], count: 2, classes: 2, classNames: ['a', 'b'] });

  // As a checkpoint keeps it, the config is enough for the card.
  const kept = config(JSON.parse(JSON.stringify(build(described).config)) as object);
  expect(build(kept).card(run)).toMatchObject({
    shape: [8, 12, 1],
    classes: { count: 2, unconditional: 2, names: ['a', 'b'] },
    dataset: { name: 'flowers', licence: 'unknown' },
  });

  const plain = await describeData({ ...written, labels: false, datasetName: 'mine' } as typeof written, {
    dir: folder,
  });
  expect(plain).toMatchObject({ datasetName: 'mine', data: { count: 2, classes: 0 } });
  expect(build(plain).card(run).classes).toBeNull();
});

test('a .npy file: shape from its header, classes from its labels', async () => {
  await writeFile(join(folder, 'x.npy'), npyBytes('|u1', [3, 4, 2], new Uint8Array(24)));
  await writeFile(join(folder, 'labels.npy'), npyBytes('|u1', [3], Uint8Array.of(0, 2, 1)));
  const labelled = await describeData(config({ dataset: 'npy', licence: 'CC0-1.0', network }), {
    dir: folder,
  });
  expect(labelled.data).toEqual({ shape: [4, 2, 1], count: 3, classes: 3 });
  const file = await describeData(config({ dataset: 'npy', labels: false, network }), {
    dir: join(folder, 'x.npy'),
  });
  expect(file).toMatchObject({ datasetName: 'x', data: { classes: 0 } });
  expect(datasetOf(labelled)).toMatchObject({ licence: 'CC0-1.0', shape: [4, 2, 1], classes: 3 });
  expect((await datasetOf(labelled).load({ dir: folder })).labels).toEqual(Int32Array.of(0, 2, 1));
});

test('a set that is known by name needs no look; its name and licence can be replaced', async () => {
  const fashion = config({ dataset: 'fashion-mnist' });
  expect(await describeData(fashion, {})).toBe(fashion);
  const card = build(fashion).card(run);
  expect(card).toMatchObject({ shape: [28, 28, 1], dataset: { name: 'Fashion-MNIST', licence: 'MIT' } });
  expect(card.classes!.names![9]).toBe('Ankle boot');
  expect(build(config({ datasetName: 'KMNIST', licence: 'CC-BY-SA-4.0' })).card(run).dataset).toEqual({
    name: 'KMNIST',
    licence: 'CC-BY-SA-4.0',
  });
});

test.each(['images', 'npy'])('%s without a place are refused', async (dataset) => {
  await expect(describeData(config({ dataset }), {})).rejects.toThrow('with --data');
});
