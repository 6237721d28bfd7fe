import type { WrittenModel } from './write.js';

/**
 * Saves a written model under `path`, and weights that live outside it in the same folder. Each file is written
 * under another name first and takes its own only when it is whole, the model last; a failure leaves what was there.
 * Node only.
 *
 * @throws Error of the file system, if a file cannot be written
 */
export async function saveOnnx(path: string, { model, external, externalFile }: WrittenModel): Promise<void> {
  // Not at the top: this package is also bundled for browsers.
  const [{ open, rename, rm }, { dirname, join }] = await Promise.all([
    import('node:fs/promises'),
    import('node:path'),
  ]);
  const files: { path: string; parts: WrittenModel['external'] }[] = [];
  if (externalFile !== undefined && external.length > 0) {
    files.push({ path: join(dirname(path), externalFile), parts: external });
  }
  files.push({ path, parts: [{ offset: 0, bytes: model }] });
  const unfinished = (name: string) => `${name}.unfinished-${process.pid}`;
  try {
    for (const file of files) {
      const handle = await open(unfinished(file.path), 'w');
      try {
        for (const { offset, bytes } of file.parts) await writeAt(handle, bytes, offset);
        await handle.sync();
      } finally {
        await handle.close();
      }
    }
    for (const file of files) await rename(unfinished(file.path), file.path);
  } catch (error) {
    for (const file of files) await rm(unfinished(file.path), { force: true });
    throw error;
  }
}

/** One write takes at most 2 GiB, and may take less than it was given. */
const LARGEST_WRITE = 2 ** 30;

interface FileHandle {
  write(
    bytes: Uint8Array,
    offset: number,
    length: number,
    position: number,
  ): Promise<{ bytesWritten: number }>;
}

async function writeAt(handle: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  for (let done = 0; done < bytes.length;) {
    const length = Math.min(LARGEST_WRITE, bytes.length - done);
    done += (await handle.write(bytes, done, length, position + done)).bytesWritten;
  }
}
