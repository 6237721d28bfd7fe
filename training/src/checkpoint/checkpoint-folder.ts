import { readdir, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { CheckpointError, readCheckpoint, type Checkpoint } from './checkpoint.js';

const NAME = /^step-(\d+)\.safetensors$/;
/** What `writeAtomically` leaves behind when its process dies. */
const UNFINISHED = /^\.(step-\d+|best)\.safetensors\..*\.tmp$/;

/** Where the checkpoint of a step lies. */
export const checkpointPath = (folder: string, step: number): string =>
  join(folder, `step-${String(step).padStart(8, '0')}.safetensors`);

/** The step of a checkpoint, from its path; NaN for a path that is not one of `checkpointPath`. */
export const stepOf = (path: string): number => Number(NAME.exec(basename(path))?.[1]);

/** Where the checkpoint lies whose evaluation is the best so far; rotation leaves it. */
export const bestCheckpointPath = (folder: string): string => join(folder, 'best.safetensors');

/** The paths of a folder's checkpoints by step, the latest first; none where there is no such folder. */
export async function listCheckpoints(folder: string): Promise<string[]> {
  const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return [];
    throw error;
  });
  return names
    .filter((name) => NAME.test(name))
    .sort((a, b) => stepOf(b) - stepOf(a))
    .map((name) => join(folder, name));
}

/**
 * Reads the latest checkpoint of a folder.
 *
 * @returns undefined where there is none
 * @throws CheckpointError as `readCheckpointOrSuggest` does
 */
export async function readLatestCheckpoint(folder: string): Promise<Checkpoint | undefined> {
  const [latest] = await listCheckpoints(folder);
  return latest === undefined ? undefined : readCheckpointOrSuggest(latest);
}

/**
 * Reads a checkpoint.
 *
 * @throws CheckpointError if it is damaged; the error names the latest one before it that is not
 */
export async function readCheckpointOrSuggest(path: string): Promise<Checkpoint> {
  try {
    return await readCheckpoint(path);
  } catch (error) {
    if (!(error instanceof CheckpointError)) throw error;
    throw new CheckpointError(path, error.why, await whatInstead(path));
  }
}

async function whatInstead(damaged: string): Promise<string> {
  const paths = await listCheckpoints(dirname(damaged));
  const at = paths.findIndex((path) => basename(path) === basename(damaged));
  if (at < 0) return '';
  for (const path of paths.slice(at + 1)) {
    const intact = await readCheckpoint(path).then(
      () => true,
      () => false,
    );
    if (intact) return `The one before it, ${path}, is intact: take that one.`;
  }
  return 'No earlier one is intact: train again in another folder.';
}

/**
 * Cleans up after the checkpoint of `step` was written: removes those of later steps, which a run that went on from
 * before them has left behind; all but the latest `keep` of the others; and what unfinished writes left.
 */
export async function rotateCheckpoints(folder: string, step: number, keep: number): Promise<void> {
  const unfinished = (await readdir(folder)).filter((name) => UNFINISHED.test(name));
  const paths = await listCheckpoints(folder);
  const current = paths.indexOf(checkpointPath(folder, step));
  const surplus = paths.filter((_, i) => i < current || i >= current + keep);
  for (const path of [...surplus, ...unfinished.map((name) => join(folder, name))])
    await rm(path, { force: true });
}
