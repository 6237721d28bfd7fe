import { mkdtemp, mkdir, readFile, readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { writeAtomically } from './write-atomically.js';

const folder = () => mkdtemp(join(tmpdir(), 'scorebridge-'));

test('writes into folders that are not there yet and replaces what stood there', async () => {
  const path = join(await folder(), 'a', 'b.bin');
  await writeAtomically(path, 'first, the longer one');
  await writeAtomically(path, Uint8Array.of(1, 2, 3));
  expect([...(await readFile(path))]).toEqual([1, 2, 3]);
  expect(await readdir(join(path, '..'))).toEqual(['b.bin']);
});

test('leaves no temporary file when the last step fails', async () => {
  const root = await folder();
  await mkdir(join(root, 'taken', 'full'), { recursive: true });
  await expect(writeAtomically(join(root, 'taken'), 'x')).rejects.toThrow();
  expect(await readdir(root)).toEqual(['taken']);
});
