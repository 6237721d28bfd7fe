/**
 * Runs what writes to the folder of a run; where the file system refuses, the error says so in one sentence.
 *
 * @param after where the run stands: what there is to go on from
 */
export async function writingTo<T>(
  runDir: string,
  write: () => Promise<T>,
  after: () => string = () => '',
): Promise<T> {
  try {
    return await write();
  } catch (error) {
    const { code, syscall } = error as NodeJS.ErrnoException;
    if (syscall === undefined) throw error;
    const advice =
      code === 'ENOSPC' || code === 'EDQUOT'
        ? 'make room on the disk'
        : code === 'EFBIG'
          ? 'raise the limit on the size of a file'
          : 'choose a folder that can be written';
    throw new Error(`Cannot write the run to ${runDir} (${code}): ${advice}${after()}.`, { cause: error });
  }
}
