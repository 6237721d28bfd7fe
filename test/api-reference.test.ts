import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));

async function pages(folder: string): Promise<Map<string, string>> {
  const paths = (await readdir(folder, { recursive: true })).filter((path) => path.endsWith('.md')).sort();
  return new Map(
    await Promise.all(paths.map(async (path) => [path, await readFile(join(folder, path), 'utf8')] as const)),
  );
}

test('docs/api is what `npm run docs:api` makes of the runtime as it is', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'scorebridge-api-'));
  const typedoc = join(root, 'node_modules/typedoc/bin/typedoc');
  const options = ['--options', join(root, 'runtime/typedoc.json'), '--out', folder];
  await promisify(execFile)(process.execPath, [typedoc, ...options], { cwd: root });
  const [kept, made] = [await pages(join(root, 'docs/api')), await pages(folder)];
  await rm(folder, { recursive: true });
  expect(made.size).toBeGreaterThan(100);
  const stale = [...new Set([...kept.keys(), ...made.keys()])].filter(
    (path) => kept.get(path) !== made.get(path),
  );
  expect(stale, 'run npm run docs:api').toEqual([]);
});
