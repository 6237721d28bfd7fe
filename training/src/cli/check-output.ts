import { mkdtemp, rmdir, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';

/**
 * Makes sure that a file can be written at `path` before any work is done for it: it is not a folder, and the
 * nearest folder above it that exists takes a new entry. Nothing is left behind.
 *
 * @throws Error that says what stands in the way
 */
export async function checkOutput(path: string): Promise<void> {
  const kindOf = async (place: string) => {
    const stats = await stat(place).catch(() => undefined);
    return stats && (stats.isDirectory() ? 'folder' : 'file');
  };
  if ((await kindOf(path)) === 'folder')
    throw new Error(`Cannot write ${path}: it is a folder. Name a file in it.`);
  let folder = dirname(resolve(path));
  let kind;
  while ((kind = await kindOf(folder)) === undefined && folder !== dirname(folder)) folder = dirname(folder);
  if (kind === 'file')
    throw new Error(`Cannot write ${path}: ${folder} is a file, not a folder. Choose another path.`);
  try {
    await rmdir(await mkdtemp(join(folder, '.scorebridge-')));
  } catch (error) {
    const { code = 'unknown error' } = error as NodeJS.ErrnoException;
    throw new Error(`Cannot write ${path}: ${folder} takes no new file (${code}). Choose another path.`, {
      cause: error,
    });
  }
}
