import { mkdir, mkdtemp, rmdir } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';

/**
 * The folder that downloaded data is kept in: `SCOREBRIDGE_CACHE` if set, else `scorebridge` in the user's cache folder
 * as the platform has it (`XDG_CACHE_HOME` or `~/.cache`, `~/Library/Caches` on macOS, `LOCALAPPDATA` on Windows).
 * It need not exist yet.
 */
export function cacheFolder(
  env: Readonly<Record<string, string | undefined>> = process.env,
  platform: NodeJS.Platform = process.platform,
  home = homedir(),
): string {
  if (env.SCOREBRIDGE_CACHE) return env.SCOREBRIDGE_CACHE;
  const caches = {
    win32: env.LOCALAPPDATA || join(home, 'AppData', 'Local'),
    darwin: join(home, 'Library', 'Caches'),
    other: env.XDG_CACHE_HOME || join(home, '.cache'),
  };
  return join(caches[platform === 'win32' || platform === 'darwin' ? platform : 'other'], 'scorebridge');
}

/**
 * Makes a folder in the cache and makes sure that it takes new entries.
 *
 * @param otherwise what the user can do besides naming another cache
 * @throws Error with one sentence where it cannot be written
 */
export async function makeCacheFolder(folder: string, otherwise?: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true });
    await rmdir(await mkdtemp(join(folder, '.scorebridge-')));
  } catch (error) {
    throw new Error(
      `Cannot write to the cache ${folder} (${(error as NodeJS.ErrnoException).code}): ` +
        `set SCOREBRIDGE_CACHE to a folder that can be written${otherwise ? `, or ${otherwise}` : ''}.`,
      { cause: error },
    );
  }
}
