import { existsSync } from 'node:fs';
import { mkdir, rename, rm, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { makeCacheFolder } from '../data/cache.js';
import { lockFolder } from '../files/lock-folder.js';
import { setupFolder } from './placement.js';

/** Folders for the making of a set-up. */
export interface Staging {
  /** What is to be put in place. */
  readonly root: string;
  /** What tools write besides; it goes in any case. */
  readonly scratch: string;
  /** The wheels that are whole; they stay until a set-up has succeeded. */
  readonly wheels: string;
}

/**
 * Makes a folder that stands under its name, which `make` returns, only when that has ended well; what an earlier set-up that was cut
 * off left is removed first. One set-up at a time is at work in a cache.
 *
 * @throws Error where the cache cannot be written, or another set-up is at work
 */
export async function withStaging(make: (staging: Staging) => Promise<string>): Promise<string> {
  const parent = setupFolder();
  await makeCacheFolder(parent);
  const unlock = await lockFolder(parent, 'set-up');
  const place = join(parent, 'staging');
  const wheels = join(parent, 'wheels');
  try {
    await rm(place, { recursive: true, force: true });
    const staging = { root: join(place, 'root'), scratch: join(place, 'scratch'), wheels };
    await mkdir(staging.root, { recursive: true });
    await mkdir(staging.scratch);
    const folder = await make(staging);
    await rm(folder, { recursive: true, force: true });
    await rename(staging.root, folder);
    await rm(wheels, { recursive: true, force: true });
    return folder;
  } finally {
    await rm(place, { recursive: true, force: true });
    await unlock();
  }
}

/**
 * Removes what {@link withStaging} put in place, wheels of set-ups that did not end, and the cache's folder where that
 * was all.
 *
 * @returns the folders that were there
 */
export async function removeSetup(folders: readonly string[]): Promise<string[]> {
  const parent = setupFolder();
  if (!existsSync(parent)) return [];
  const unlock = await lockFolder(parent, 'set-up');
  const removed = folders.filter((folder) => existsSync(folder));
  try {
    for (const folder of [...folders, join(parent, 'staging'), join(parent, 'wheels')])
      await rm(folder, { recursive: true, force: true });
  } finally {
    await unlock();
  }
  await rmdir(parent).catch(() => undefined);
  return removed;
}
