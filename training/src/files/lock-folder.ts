import { randomUUID } from 'node:crypto';
import { open, readFile, rm, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';

interface Holder {
  readonly pid: number;
  readonly host: string;
  readonly token: string;
}

/** How often, and how long apart, a lock without its text is looked at before it counts as cut off. */
const LOOKS = 20;
const PAUSE_MS = 10;

/** The tokens that this process holds: after a crash a new process may have the number of the old one. */
const mine = new Set<string>();

/**
 * Takes the lock of a folder, so that one process at a time writes there. The lock of a process that has died on this
 * machine is taken over.
 *
 * @param who what takes it, such as `trainer`
 * @returns what gives the lock back
 * @throws Error that names the process that holds it; the file system's error if the folder cannot be written
 */
export async function lockFolder(folder: string, who: string): Promise<() => Promise<void>> {
  const path = join(folder, 'lock.json');
  const token = randomUUID();
  const holder: Holder = { pid: process.pid, host: hostname(), token };
  for (;;) {
    mine.add(token);
    try {
      await writeNew(path, JSON.stringify(holder));
      return async () => {
        await rm(path, { force: true });
        mine.delete(token);
      };
    } catch (error) {
      mine.delete(token);
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    const other = await readHolder(path);
    if (other === undefined) continue;
    if (isAlive(other) || !(await removeStale(path, other)))
      throw new Error(
        `Another ${who} is at work in ${folder} (process ${other.pid} on ${other.host}): wait for it, choose another folder, or, if there is none, delete ${path}.`,
      );
  }
}

/** Writes a file that is not there yet; if it cannot be written whole, as on a full disk, it is taken away again. */
async function writeNew(path: string, text: string): Promise<void> {
  const file = await open(path, 'wx');
  try {
    await file.writeFile(text);
  } catch (error) {
    await rm(path, { force: true });
    throw error;
  } finally {
    await file.close();
  }
}

/** The holder of a lock; undefined if the lock has gone meanwhile. A lock cut off by a crash names nobody. */
async function readHolder(path: string): Promise<Holder | undefined> {
  for (let looks = 1; ; looks++) {
    try {
      return JSON.parse(await readFile(path, 'utf8')) as Holder;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      if (!(error instanceof SyntaxError)) throw error;
      if (looks === LOOKS) return { pid: 0, host: hostname(), token: '' };
    }
    // It is there before its text is: whoever takes it may be about to write.
    await setTimeout(PAUSE_MS);
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

/**
 * Deletes a stale lock unless another process is about to. Whoever makes the claim may delete this lock and no other: a
 * lock that a third process has taken meanwhile stays.
 */
async function removeStale(path: string, { token }: Holder): Promise<boolean> {
  const claim = `${path}.${token}`;
  try {
    await writeFile(claim, '', { flag: 'wx' });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
  try {
    if ((await readHolder(path))?.token === token) await rm(path);
    return true;
  } finally {
    await rm(claim);
  }
}
