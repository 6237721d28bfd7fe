import { mkdtemp, readdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { checkOutput } from './check-output.js';

test('passes what can be written and leaves nothing behind; names what cannot', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'scorebridge-'));
  await writeFile(join(folder, 'file'), '');
  await checkOutput(join(folder, 'new.png'));
  await checkOutput(join(folder, 'not', 'there', 'yet.png'));
  await checkOutput(join(folder, 'file'));
  expect(await readdir(folder)).toEqual(['file']);
  await expect(checkOutput(folder)).rejects.toThrow('it is a folder');
  await expect(checkOutput(join(folder, 'file', 'x.png'))).rejects.toThrow('is a file, not a folder');
});

test.skipIf(process.platform !== 'linux')('a folder that takes no file, not even from root', async () => {
  await expect(checkOutput('/proc/x.png')).rejects.toThrow('/proc takes no new file');
});
