import { spawnSync } from 'node:child_process';
import { mkdtemp, readdir, readFile, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import { lockFolder } from './lock-folder.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'scorebridge-lock-'));
});

const leave = (holder: object | string) =>
  writeFile(join(folder, 'lock.json'), typeof holder === 'string' ? holder : JSON.stringify(holder));

test('one at a time, and the next when it is given back', async () => {
  const unlock = await lockFolder(folder, 'trainer');
  await expect(lockFolder(folder, 'trainer')).rejects.toThrow(
    `Another trainer is at work in ${folder} (process ${process.pid} on ${hostname()})`,
  );
  await unlock();
  expect(await readdir(folder)).toEqual([]);
  await (
    await lockFolder(folder, 'trainer')
  )();
});

test('of many at once, one gets it', async () => {
  await leave({ pid: spawnSync(process.execPath, ['-e', '']).pid, host: hostname(), token: 'dead' });
  const takers = await Promise.allSettled(Array.from({ length: 8 }, () => lockFolder(folder, 'trainer')));
  expect(takers.filter(({ status }) => status === 'fulfilled').length).toBe(1);
  expect(await readdir(folder)).toEqual(['lock.json']);
});

test.each([
  [
    'a process that has died',
    { pid: spawnSync(process.execPath, ['-e', '']).pid, host: hostname(), token: 'x' },
  ],
  ['one that had the number of this process', { pid: process.pid, host: hostname(), token: 'x' }],
  ['one that died while it wrote the lock', '{"pid":'],
])('the lock of %s is taken over', async (_, holder) => {
  await leave(holder);
  const unlock = await lockFolder(folder, 'trainer');
  expect(JSON.parse(await readFile(join(folder, 'lock.json'), 'utf8'))).toMatchObject({ pid: process.pid });
  await unlock();
});

test('the lock of a process that lives, or of another machine, is not', async () => {
  await leave({ pid: process.ppid, host: hostname(), token: 'x' });
  await expect(lockFolder(folder, 'trainer')).rejects.toThrow(`process ${process.ppid}`);
  await leave({ pid: 1, host: 'elsewhere.example', token: 'x' });
  await expect(lockFolder(folder, 'trainer')).rejects.toThrow('on elsewhere.example');
});

test('a lock that is there before its text is has been taken', async () => {
  await leave('');
  const taking = lockFolder(folder, 'trainer');
  setTimeout(() => void leave({ pid: process.ppid, host: hostname(), token: 'x' }), 50);
  await expect(taking).rejects.toThrow(`process ${process.ppid}`);
});
