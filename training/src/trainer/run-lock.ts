import { randomUUID } from 'node:crypto';
import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';

interface Holder {
  readonly pid: number;
  readonly host: string;
  readonly token: string;
}

/** The tokens that this process holds: after a crash a new process may have the number of the old one. */
const mine = new Set<string>();

/**
 * Takes the lock of a run folder, so that one trainer at a time writes there. The lock of a process that has died on
 * this machine is taken over.
 *
 * @returns what gives the lock back
 * @throws Error that names the process that holds it; the file system's error if the folder cannot be written
 */
export async function lockRun(folder: string): Promise<() => Promise<void>> {
  const path = join(folder, 'lock.json');
  const token = randomUUID();
  const holder: Holder = { pid: process.pid, host: hostname(), token };
  for (;;) {
    mine.add(token);
    try {
      await writeFile(path, JSON.stringify(holder), { flag: 'wx' });
      return async () => {
        await rm(path, { force: true });
        mine.delete(token);
      };
    } catch (error) {
      mine.delete(token);
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    const stale = await readHolder(path);
    if (stale === undefined) continue;
    if (isAlive(stale))
      throw new Error(
        `Another trainer is at work in ${folder} (process ${stale.pid} on ${stale.host}): wait for it, choose another folder, or, if there is none, delete ${path}.`,
      );
    await removeStale(path, stale);
  }
}

/** The holder of a lock; undefined if the lock has gone meanwhile. A lock cut off by a crash names nobody. */
async function readHolder(path: string): Promise<Holder | undefined> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as Holder;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    if (error instanceof SyntaxError) return { pid: 0, host: hostname(), token: '' };
    throw error;
  }
}

function isAlive({ pid, host, token }: Holder): boolean {
  if (host !== hostname()) return true;
  if (pid === process.pid) return mine.has(token);
  if (!(pid > 0)) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Moves the lock away before it is deleted: of two that find it stale, the later must not delete the earlier's new one. */
async function removeStale(path: string, { token }: Holder): Promise<void> {
  const aside = `${path}.${randomUUID()}`;
  try {
    await rename(path, aside);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw error;
  }
  if ((await readHolder(aside))?.token === token) await rm(aside, { force: true });
  else await rename(aside, path);
}
