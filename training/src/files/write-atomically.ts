import { randomUUID } from 'node:crypto';
import { type FileHandle, mkdir, open, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

/**
 * Writes a file so that `path` holds either what it held before or all of `data`, never a part: the bytes go
 * to a temporary file in the same folder, reach the disk, and are renamed. Missing folders are made.
 *
 * @param data what to write, or what writes it piece by piece
 *
 * @throws the file system's error when the folder cannot be made or written; nothing is left behind then
 */
export async function writeAtomically(
  path: string,
  data: Uint8Array | string | ((file: FileHandle) => Promise<void>),
): Promise<void> {
  const folder = dirname(path);
  await mkdir(folder, { recursive: true });
  const temporary = join(folder, `.${basename(path)}.${randomUUID()}.tmp`);
  try {
    const file = await open(temporary, 'wx');
    try {
      await (typeof data === 'function' ? data(file) : file.writeFile(data));
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}
